package org.apache.zookeeper.server.quorum;

import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;

/** Reads and calls members that are private, or that some releases do not have. */
final class Reflect {
    private Reflect() {}

    /** Returns whether the release has a class. */
    static boolean exists(String className) {
        try {
            Class.forName(className);
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    /** Returns whether the class of `object`, or a superclass, declares a field. */
    static boolean has(Object object, String field) {
        return find(object.getClass(), field) != null;
    }

    static boolean isStatic(Object object, String field) throws NoSuchFieldException {
        return Modifier.isStatic(accessible(object, field).getModifiers());
    }

    @SuppressWarnings("unchecked")
    static <T> T get(Object object, String field) throws ReflectiveOperationException {
        return (T) accessible(object, field).get(object);
    }

    static void set(Object object, String field, Object value) throws ReflectiveOperationException {
        accessible(object, field).set(object, value);
    }

    /** Calls the method of this name that accepts the arguments. Throws the exception of the method. */
    @SuppressWarnings("unchecked")
    static <T> T call(Object object, String name, Object... arguments) throws Exception {
        for (Class<?> type = object.getClass(); type != null; type = type.getSuperclass()) {
            for (Method method : type.getDeclaredMethods()) {
                if (method.getName().equals(name) && accepts(method.getParameterTypes(), arguments)) {
                    method.setAccessible(true);
                    try {
                        return (T) method.invoke(object, arguments);
                    } catch (InvocationTargetException e) {
                        throw unwrap(e);
                    }
                }
            }
        }
        throw new NoSuchMethodException(object.getClass().getSimpleName() + "#" + name);
    }

    /** Makes an object with the constructor that accepts the arguments. */
    static <T> T make(Class<T> type, Object... arguments) throws Exception {
        for (Constructor<?> constructor : type.getDeclaredConstructors()) {
            if (accepts(constructor.getParameterTypes(), arguments)) {
                constructor.setAccessible(true);
                try {
                    return type.cast(constructor.newInstance(arguments));
                } catch (InvocationTargetException e) {
                    throw unwrap(e);
                }
            }
        }
        throw new NoSuchMethodException("constructor of " + type.getSimpleName());
    }

    /** Makes an object without running a constructor: its fields are null or 0. */
    static <T> T allocate(Class<T> type) throws ReflectiveOperationException {
        Field field = sun.misc.Unsafe.class.getDeclaredField("theUnsafe");
        field.setAccessible(true);
        return type.cast(((sun.misc.Unsafe) field.get(null)).allocateInstance(type));
    }

    /** An action that may fail like the method that it precedes. */
    interface Action {
        void run() throws Exception;
    }

    /**
     * Returns an object that passes all calls on to `target`. Before a call of the named method, `before` runs. Both
     * happen with the lock of `target`, as in a synchronized method.
     */
    static <T> T intercept(Class<T> type, T target, String name, Action before) {
        Class<?>[] types = {type};
        Object proxy = Proxy.newProxyInstance(type.getClassLoader(), types, (self, method, arguments) -> {
            try {
                if (!method.getName().equals(name)) return method.invoke(target, arguments);
                synchronized (target) {
                    before.run();
                    return method.invoke(target, arguments);
                }
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        });
        return type.cast(proxy);
    }

    private static Exception unwrap(InvocationTargetException e) {
        if (e.getCause() instanceof Error error) throw error;
        return (Exception) e.getCause();
    }

    private static Field accessible(Object object, String name) throws NoSuchFieldException {
        Field field = find(object.getClass(), name);
        if (field == null) throw new NoSuchFieldException(object.getClass().getSimpleName() + "." + name);
        field.setAccessible(true);
        return field;
    }

    private static Field find(Class<?> type, String name) {
        for (; type != null; type = type.getSuperclass()) {
            try {
                return type.getDeclaredField(name);
            } catch (NoSuchFieldException e) {
                continue;
            }
        }
        return null;
    }

    private static boolean accepts(Class<?>[] types, Object[] arguments) {
        if (types.length != arguments.length) return false;
        for (int i = 0; i < types.length; i++) {
            if (arguments[i] == null ? types[i].isPrimitive() : !boxed(types[i]).isInstance(arguments[i])) return false;
        }
        return true;
    }

    private static Class<?> boxed(Class<?> type) {
        if (type == long.class) return Long.class;
        if (type == int.class) return Integer.class;
        return type == boolean.class ? Boolean.class : type;
    }
}
