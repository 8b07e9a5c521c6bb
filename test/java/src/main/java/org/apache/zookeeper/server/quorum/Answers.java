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
import java.util.HashMap;
import java.util.Map;

/**
 * Answers questions with the classes of one release of ZooKeeper. Each line of standard input is a JSON object with the
 * kind and the question; each line of standard output is the answer. The argument is an empty folder for data.
 */
public final class Answers {
    private Answers() {}

    public static void main(String[] arguments) throws Exception {
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), false, "UTF-8");
        System.setOut(System.err);
        ServerUnderTest server = new ServerUnderTest(new File(arguments[0]));
        DataFolder folder = new DataFolder(new File(arguments[0], "database"));
        Question sync = new SyncQuestion(server);
        Map<String, Question> questions = new HashMap<>(Map.of(
            "sync", sync,
            "forward", sync,
            "wide", sync,
            "election", new ElectionQuestion(server),
            "disk", new DiskQuestion(folder),
            "epoch", new EpochQuestion(folder)));
        // The program for 3.4.10 has no scripts (pom.xml).
        String scripts = Answers.class.getPackageName() + ".ScriptQuestion";
        if (Reflect.exists(scripts)) {
            questions.put("script", (Question) Reflect.make(Class.forName(scripts), new File(arguments[0], "scripts")));
        }
        Gson gson = new Gson();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            JsonObject asked = JsonParser.parseString(line).getAsJsonObject();
            String kind = asked.get("kind").getAsString();
            Question question = questions.get(kind);
            if (question == null) throw new IllegalArgumentException("unknown kind " + kind);
            out.print(gson.toJson(answer(question, asked.get("question"))));
            out.print('\n');
            if (!in.ready()) out.flush();
        }
        out.flush();
        // Threads of ZooKeeper may still run.
        Runtime.getRuntime().halt(0);
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
