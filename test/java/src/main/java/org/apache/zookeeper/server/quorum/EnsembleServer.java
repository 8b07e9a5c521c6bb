package org.apache.zookeeper.server.quorum;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.security.sasl.SaslException;

/** One server of a real ensemble: its folder, its ports, and the QuorumPeerMain that runs unchanged. */
final class EnsembleServer {
    private static final int SECONDS_MAX = 20;
    private static final int SOCKET_MS_MAX = 2000;
    /** QuorumPeer takes reconfigEnabled from a static field of QuorumPeerConfig, which each file sets. */
    private static final Object START = new Object();

    /** Makes the lines `server.N`, `group.N` and `weight.N` of a configuration. */
    interface Lines {
        List<String> of(JsonObject config);
    }

    private static final class Main extends QuorumPeerMain {
        final CountDownLatch made = new CountDownLatch(1);

        @Override
        protected QuorumPeer getQuorumPeer() throws SaslException {
            QuorumPeer peer = super.getQuorumPeer();
            made.countDown();
            return peer;
        }

        QuorumPeer peer() {
            return quorumPeer;
        }
    }

    final long sid;
    int clientPort;
    private final Path folder;
    private final Lines lines;
    private final Ports.Names names;
    private final Links links;
    private Main main;

    EnsembleServer(long sid, int clientPort, Path folder, Lines lines, Ports.Names names, Links links)
        throws IOException {
        this.sid = sid;
        this.clientPort = clientPort;
        this.folder = folder;
        this.lines = lines;
        this.names = names;
        this.links = links;
        Files.createDirectories(data());
        Files.writeString(data().resolve("myid"), sid + "\n");
    }

    /** Writes zoo.cfg, and the files with the committed and the pending configuration if there are such. */
    void configure(JsonObject config, JsonElement next, boolean reconfigEnabled) throws IOException {
        List<String> cfg = new ArrayList<>(List.of(
            "tickTime=200", "initLimit=100", "syncLimit=100", "maxSessionTimeout=60000", "dataDir=" + data(),
            "4lw.commands.whitelist=*", "reconfigEnabled=" + reconfigEnabled));
        if (config.has("version")) {
            Path dynamic = folder.resolve("zoo.cfg.dynamic." + hex(config));
            Files.write(dynamic, lines.of(config));
            cfg.add("dynamicConfigFile=" + dynamic);
        } else {
            cfg.addAll(lines.of(config));
        }
        Files.write(cfg(), cfg);
        if (next == null) return;
        List<String> pending = lines.of(next.getAsJsonObject());
        pending.add("version=" + hex(next.getAsJsonObject()));
        Files.write(folder.resolve("zoo.cfg.dynamic.next"), pending);
    }

    /** Replaces the lists by hand, where zoo.cfg has them. */
    void edit(JsonObject config) throws IOException {
        String dynamic = properties(cfg()).getProperty("dynamicConfigFile");
        if (dynamic != null) {
            Files.write(Path.of(dynamic), lines.of(config));
            return;
        }
        List<String> kept = new ArrayList<>();
        for (String line : Files.readAllLines(cfg())) if (!isMember(line)) kept.add(line);
        kept.addAll(lines.of(config));
        Files.write(cfg(), kept);
    }

    void enableReconfig(boolean enabled) throws IOException {
        List<String> kept = new ArrayList<>();
        for (String line : Files.readAllLines(cfg())) if (!line.startsWith("reconfigEnabled=")) kept.add(line);
        kept.add("reconfigEnabled=" + enabled);
        Files.write(cfg(), kept);
    }

    void start() throws Exception {
        synchronized (START) {
            QuorumPeerConfig config = new QuorumPeerConfig();
            config.parse(cfg().toString());
            main = new Main();
            Main started = main;
            Thread thread = new Thread(new Links.ServerThreads(links, sid), () -> {
                try {
                    started.runFromConfig(config);
                } catch (Throwable e) {
                    e.printStackTrace();
                }
            }, "server-" + sid);
            thread.setDaemon(true);
            thread.start();
            started.made.await(SECONDS_MAX, TimeUnit.SECONDS);
        }
    }

    void stop() throws InterruptedException {
        if (main == null) return;
        QuorumPeer peer = main.peer();
        main = null;
        peer.shutdown();
        peer.join(SECONDS_MAX * 1000L);
    }

    /** Holds the next LearnerHandler of this leader before it queues NEWLEADER. */
    HeldVerifier holdNewLeader() throws ReflectiveOperationException {
        HeldVerifier held = new HeldVerifier(main.peer().getLastSeenQuorumVerifier());
        Reflect.set(main.peer(), "lastSeenQuorumVerifier", held);
        return held;
    }

    boolean isRunning() {
        return main != null;
    }

    /** Returns leader, follower or observer, or none if the server does not serve. */
    String mode() {
        return srvr("Mode: ", "none");
    }

    String zxid() {
        return srvr("Zxid: ", "");
    }

    private String srvr(String field, String missing) {
        if (!isRunning()) return missing;
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), clientPort)) {
            socket.setSoTimeout(SOCKET_MS_MAX);
            socket.getOutputStream().write("srvr".getBytes(StandardCharsets.US_ASCII));
            BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream()));
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (line.startsWith(field)) return line.substring(field.length());
            }
            return missing;
        } catch (IOException e) {
            return missing;
        }
    }

    String committed() throws IOException {
        return committed(cfg(), names);
    }

    String pending() throws IOException {
        return pending(folder, names);
    }

    /** Returns the configuration that a file zoo.cfg has or names. */
    static String committed(Path cfg, Ports.Names names) throws IOException {
        String dynamic = properties(cfg).getProperty("dynamicConfigFile");
        if (dynamic == null) return text(properties(cfg), 0, names);
        int suffix = dynamic.lastIndexOf('.') + 1;
        return text(properties(Path.of(dynamic)), Long.parseLong(dynamic.substring(suffix), 16), names);
    }

    /** Returns the content of zoo.cfg.dynamic.next; null if there is no such file. */
    static String pending(Path folder, Ports.Names names) throws IOException {
        Path next = folder.resolve("zoo.cfg.dynamic.next");
        return Files.exists(next) ? text(Files.readString(next), names) : null;
    }

    /** Returns a number in a file of the data folder, such as currentEpoch; null if there is no such file. */
    Long epoch(String file) throws IOException {
        File found = data().resolve("version-2").resolve(file).toFile();
        return found.exists() ? Long.parseLong(Files.readString(found.toPath()).trim()) : null;
    }

    /** Returns a configuration that names the real ports of this ensemble in the form of configText of zabsim. */
    String text(String dynamic) throws IOException {
        return text(dynamic, names);
    }

    /** Returns a configuration that ends with its version in the form of configText of zabsim. */
    static String text(String dynamic, Ports.Names names) throws IOException {
        Properties properties = new Properties();
        properties.load(new java.io.StringReader(dynamic));
        return text(properties, Long.parseLong(properties.getProperty("version"), 16), names);
    }

    private static String text(Properties properties, long version, Ports.Names names) {
        TreeMap<Long, String> members = numbered(properties, "server.");
        List<String> parts = new ArrayList<>();
        for (String role : List.of("participant", "observer")) {
            List<String> sids = new ArrayList<>();
            members.forEach((sid, value) -> {
                if (value.split(";")[0].endsWith(":" + role)) sids.add(String.valueOf(sid));
            });
            if (!sids.isEmpty()) parts.add((role.equals("observer") ? "observers " : "voters ") + String.join(",", sids));
        }
        TreeMap<Long, String> groups = numbered(properties, "group.");
        if (!groups.isEmpty()) parts.add("groups " + String.join(" | ", groups.values()).replace(':', ','));
        List<String> weights = new ArrayList<>();
        numbered(properties, "weight.").forEach((sid, weight) -> {
            if (!weight.equals("1")) weights.add(sid + "=" + weight);
        });
        if (!weights.isEmpty()) parts.add("weights " + String.join(",", weights));
        List<String> moved = new ArrayList<>();
        members.forEach((sid, value) -> {
            int[] ports = names.of(sid, Ports.parse(value));
            if (!Arrays.equals(ports, Ports.DEFAULT)) moved.add(sid + "=" + ports[0] + ":" + ports[1] + ";" + ports[2]);
        });
        if (!moved.isEmpty()) parts.add("ports " + String.join(", ", moved));
        parts.add("version " + (version >>> 32) + ":" + (version & 0xffffffffL));
        return String.join("; ", parts);
    }

    private static TreeMap<Long, String> numbered(Properties properties, String prefix) {
        TreeMap<Long, String> found = new TreeMap<>();
        for (String name : properties.stringPropertyNames()) {
            if (name.startsWith(prefix)) {
                found.put(Long.parseLong(name.substring(prefix.length())), properties.getProperty(name));
            }
        }
        return found;
    }

    private static boolean isMember(String line) {
        return line.startsWith("server.") || line.startsWith("group.") || line.startsWith("weight.");
    }

    private static Properties properties(Path file) throws IOException {
        Properties properties = new Properties();
        properties.load(new java.io.StringReader(Files.readString(file)));
        return properties;
    }

    private static String hex(JsonObject config) {
        return Long.toHexString(config.get("version").getAsLong());
    }

    private Path cfg() {
        return folder.resolve("zoo.cfg");
    }

    private Path data() {
        return folder.resolve("data");
    }
}
