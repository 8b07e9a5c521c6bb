package org.apache.zookeeper.server.quorum;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.io.File;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/** What do the servers of a real ensemble have after reconfigurations, and which requests does it refuse? */
final class EnsembleQuestion implements Question {
    private final Path folder;
    private final AtomicInteger asked = new AtomicInteger();

    EnsembleQuestion(File folder) throws Exception {
        Links.install();
        this.folder = folder.toPath();
        System.setProperty("zookeeper.skipACL", "yes");
        System.setProperty("zookeeper.nio.numSelectorThreads", "1");
    }

    @Override
    public boolean isConcurrent() {
        return true;
    }

    @Override
    public JsonElement answer(JsonObject question) throws Exception {
        try (Ensemble ensemble = new Ensemble(folder.resolve(String.valueOf(asked.incrementAndGet())), question)) {
            JsonArray results = new JsonArray();
            ensemble.startAll();
            for (JsonElement step : question.getAsJsonArray("steps")) {
                String result = ensemble.perform(step.getAsJsonObject());
                if (result != null) results.add(new JsonPrimitive(result));
            }
            ensemble.settle();
            JsonObject answer = new JsonObject();
            answer.add("results", results);
            answer.add("versions", ensemble.versions());
            answer.add("servers", ensemble.state());
            if (question.has("joiner")) answer.addProperty("joins", ensemble.joinsOf(question.get("joiner").getAsLong()));
            return answer;
        }
    }
}
