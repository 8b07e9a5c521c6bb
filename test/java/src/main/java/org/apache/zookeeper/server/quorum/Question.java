package org.apache.zookeeper.server.quorum;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;

/** One kind of question to ZooKeeper's classes. */
interface Question {
    /** Returns the answer in the form of the recorded answers. An exception of ZooKeeper may be the answer. */
    JsonElement answer(JsonObject question) throws Exception;

    /** Returns whether several questions may be answered at the same time. */
    default boolean isConcurrent() {
        return false;
    }
}
