package org.apache.zookeeper.server.quorum;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.File;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;

/**
 * Answers questions with the classes of one release of ZooKeeper. Each line of standard input is a JSON object with the
 * kind and the question; each line of standard output is the answer. The argument is an empty folder for data.
 */
public final class Answers {
    /** The number of questions that are answered at the same time, if their kind permits it. */
    private static final int CONCURRENT_MAX = 32;

    private Answers() {}

    public static void main(String[] arguments) throws Exception {
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), false, "UTF-8");
        System.setOut(System.err);
        File folder = new File(arguments[0]);
        Map<String, Question> questions = new HashMap<>();
        Queue<Future<JsonElement>> waiting = new ArrayDeque<>();
        ExecutorService pool = Executors.newFixedThreadPool(CONCURRENT_MAX);
        Gson gson = new Gson();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            JsonObject asked = JsonParser.parseString(line).getAsJsonObject();
            String kind = asked.get("kind").getAsString();
            if (!questions.containsKey(kind)) questions.putAll(kind.equals("ensembles") ? real(folder) : single(folder));
            Question question = questions.get(kind);
            if (question == null) throw new IllegalArgumentException("unknown kind " + kind);
            Callable<JsonElement> answer = () -> answer(question, asked.get("question"));
            FutureTask<JsonElement> task = new FutureTask<>(answer);
            if (question.isConcurrent()) pool.execute(task);
            else task.run();
            waiting.add(task);
            if (question.isConcurrent() && in.ready()) continue;
            while (!waiting.isEmpty()) out.print(gson.toJson(waiting.remove().get()) + '\n');
            if (!in.ready()) out.flush();
        }
        out.flush();
        // Threads of ZooKeeper may still run.
        Runtime.getRuntime().halt(0);
    }

    /** Makes the questions to single servers. Some of them change the process, so that no real server can run in it. */
    private static Map<String, Question> single(File folder) throws Exception {
        ServerUnderTest server = new ServerUnderTest(folder);
        DataFolder database = new DataFolder(new File(folder, "database"));
        Question sync = new SyncQuestion(server);
        Map<String, Question> questions = new HashMap<>(Map.of(
            "sync", sync,
            "forward", sync,
            "wide", sync,
            "election", new ElectionQuestion(server),
            "disk", new DiskQuestion(database),
            "epoch", new EpochQuestion(database),
            "start", new StartQuestion(),
            "tree", new TreeQuestion(new File(folder, "tree")),
            "wire", new WireQuestion(server)));
        // The program for 3.4.10 has no scripts (pom.xml).
        String scripts = Answers.class.getPackageName() + ".ScriptQuestion";
        if (Reflect.exists(scripts)) {
            questions.put("script", (Question) Reflect.make(Class.forName(scripts), new File(folder, "scripts")));
        }
        // 3.4 has no reconfiguration (pom.xml).
        String configs = Answers.class.getPackageName() + ".ConfigQuestion";
        if (Reflect.exists(configs)) {
            questions.put("config", (Question) Reflect.make(Class.forName(configs), new File(folder, "configs")));
        }
        return questions;
    }

    /** Makes the question to ensembles of real servers. The program for 3.4 does not have it (pom.xml). */
    private static Map<String, Question> real(File folder) throws Exception {
        Class<?> type = Class.forName(Answers.class.getPackageName() + ".EnsembleQuestion");
        return Map.of("ensembles", (Question) Reflect.make(type, new File(folder, "ensembles")));
    }

    private static JsonElement answer(Question question, JsonElement asked) {
        try {
            return question.answer(asked.getAsJsonObject());
        } catch (Throwable e) {
            e.printStackTrace();
            JsonObject error = new JsonObject();
            error.addProperty("error", e.toString());
            return error;
        }
    }
}
