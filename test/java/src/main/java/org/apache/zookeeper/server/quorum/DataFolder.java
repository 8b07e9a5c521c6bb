package org.apache.zookeeper.server.quorum;

import java.io.File;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.zookeeper.server.ZKDatabase;
import org.apache.zookeeper.server.persistence.FileTxnSnapLog;

/** A data folder that is filled for each question. */
final class DataFolder {
    private static final Map<String, String> SETTINGS = Map.of(
        "trust", "zookeeper.snapshot.trust.empty",
        "autocreate", "zookeeper.db.autocreate");
    private static final int COMMIT_LOG_COUNT = 500;

    /** The folder of all files. */
    final File files;
    private final File folder;
    private int commitLogCount;

    DataFolder(File folder) {
        this.folder = folder;
        files = new File(folder, "version-2");
        files.mkdirs();
    }

    /** Replaces all files by those of a question, and takes the settings from it. */
    void fill(Fields fields) throws Exception {
        LogFiles.clear(files);
        for (String file : list(fields.text("logs"))) {
            if (file.endsWith(":!")) LogFiles.writeEmpty(files, name(file));
            else LogFiles.write(files, name(file), zxids(file));
        }
        for (String file : list(fields.text("snaps"))) LogFiles.writeSnapshot(files, name(file), zxids(file));
        for (Map.Entry<String, String> setting : SETTINGS.entrySet()) {
            String value = fields.text(setting.getKey());
            if (value == null) System.clearProperty(setting.getValue());
            else System.setProperty(setting.getValue(), String.valueOf(value.equals("1")));
        }
        String count = fields.text("commitlog");
        commitLogCount = count == null ? COMMIT_LOG_COUNT : Integer.parseInt(count);
    }

    FileTxnSnapLog open() throws Exception {
        return new FileTxnSnapLog(folder, folder);
    }

    /** Returns a database that has not been loaded. */
    ZKDatabase database() throws Exception {
        ZKDatabase database = new ZKDatabase(open());
        // The setting accepts no number below 500. Before 3.6, the number is a constant.
        if (Reflect.has(database, "commitLogCount") && !Reflect.isStatic(database, "commitLogCount")) {
            Reflect.set(database, "commitLogCount", commitLogCount);
        }
        return database;
    }

    static String[] list(String text) {
        return text == null || text.isEmpty() ? new String[0] : text.split("\\|");
    }

    static List<Long> zxidsOf(String text) {
        List<Long> zxids = new ArrayList<>();
        if (!text.isEmpty()) for (String zxid : text.split(",")) zxids.add(zxid(zxid));
        return zxids;
    }

    /** Reads the unsigned hexadecimal number of a zxid. */
    static long zxid(String hex) {
        return Long.parseUnsignedLong(hex.substring(2), 16);
    }

    private static long name(String file) {
        return zxid(file.substring(0, file.indexOf(':')));
    }

    private static List<Long> zxids(String file) {
        return zxidsOf(file.substring(file.indexOf(':') + 1));
    }
}
