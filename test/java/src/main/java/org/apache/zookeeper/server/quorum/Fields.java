package org.apache.zookeeper.server.quorum;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** The fields of an input such as `fn=weight;qv=m/1,2,3/;sid=1`. */
final class Fields {
    private final Map<String, String> fields = new HashMap<>();

    Fields(String input) {
        for (String field : input.split(";")) {
            int equals = field.indexOf('=');
            fields.put(field.substring(0, equals), field.substring(equals + 1));
        }
    }

    String text(String name) {
        return fields.get(name);
    }

    long number(String name) {
        return parse(fields.get(name));
    }

    /** The parts of a field; none if it is empty or missing. */
    List<String> list(String name, String separator) {
        return split(fields.getOrDefault(name, ""), separator);
    }

    static List<String> split(String text, String separator) {
        return text.isEmpty() ? List.of() : List.of(text.split(Pattern.quote(separator)));
    }

    /** Reads a decimal number, or the hex digits of 64 unsigned bits. */
    static long parse(String text) {
        return text.startsWith("0x") ? Long.parseUnsignedLong(text.substring(2), 16) : Long.parseLong(text);
    }
}
