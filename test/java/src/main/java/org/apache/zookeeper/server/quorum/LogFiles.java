package org.apache.zookeeper.server.quorum;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.zip.Adler32;
import org.apache.jute.BinaryInputArchive;
import org.apache.jute.BinaryOutputArchive;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.server.DataTree;
import org.apache.zookeeper.server.persistence.FileHeader;
import org.apache.zookeeper.server.persistence.FileSnap;
import org.apache.zookeeper.server.util.SerializeUtils;
import org.apache.zookeeper.txn.CreateTxn;
import org.apache.zookeeper.txn.TxnHeader;

/**
 * Writes log files and snapshots as ZooKeeper does, without padding at the end. The transaction z creates the node z.
 */
final class LogFiles {
    private static final byte[] MAGIC = "ZKLG".getBytes(StandardCharsets.US_ASCII);
    private static final int VERSION = 2;
    private static final byte END_OF_RECORD = 'B';

    private LogFiles() {}

    /** Deletes all files in `folder`, which has no subfolders. */
    static void clear(File folder) throws IOException {
        File[] files = folder.listFiles();
        if (files == null) return;
        for (File file : files) Files.delete(file.toPath());
    }

    /** Writes log.NAME with transactions of these zxids. */
    static void write(File folder, long name, List<Long> zxids) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        FileHeader header = new FileHeader(ByteBuffer.wrap(MAGIC).getInt(), VERSION, 0);
        header.serialize(BinaryOutputArchive.getArchive(out), "fileheader");
        for (long zxid : zxids) {
            byte[] txn = bytesOf(zxid);
            Adler32 checksum = new Adler32();
            checksum.update(txn, 0, txn.length);
            out.writeLong(checksum.getValue());
            out.writeInt(txn.length);
            out.write(txn);
            out.writeByte(END_OF_RECORD);
        }
        Files.write(new File(folder, "log." + Long.toHexString(name)).toPath(), bytes.toByteArray());
    }

    /** Writes log.NAME without any byte. */
    static void writeEmpty(File folder, long name) throws IOException {
        Files.write(new File(folder, "log." + Long.toHexString(name)).toPath(), new byte[0]);
    }

    /** Writes snapshot.NAME, in which these transactions are applied. */
    static void writeSnapshot(File folder, long name, List<Long> zxids) throws Exception {
        DataTree tree = new DataTree();
        for (long zxid : zxids) tree.processTxn(headerOf(zxid), createOf(zxid));
        tree.lastProcessedZxid = name;
        FileSnap snap = new FileSnap(folder);
        File file = new File(folder, "snapshot." + Long.toHexString(name));
        try {
            Reflect.call(snap, "serialize", tree, new HashMap<Long, Integer>(), file);
        } catch (NoSuchMethodException e) {
            Reflect.call(snap, "serialize", tree, new HashMap<Long, Integer>(), file, false);
        }
    }

    /** Returns the tree in a snapshot. */
    static DataTree readSnapshot(File file) throws IOException {
        byte[] bytes = Files.readAllBytes(file.toPath());
        InputStream in = new ByteArrayInputStream(bytes);
        DataTree tree = new DataTree();
        BinaryInputArchive archive = new BinaryInputArchive(new DataInputStream(in));
        new FileHeader().deserialize(archive, "fileheader");
        SerializeUtils.deserializeSnapshot(tree, archive, new HashMap<>());
        return tree;
    }

    /** Returns the zxids of the records of a log file. */
    static List<Long> read(File file) throws IOException {
        BinaryInputArchive archive =
            new BinaryInputArchive(new DataInputStream(new ByteArrayInputStream(Files.readAllBytes(file.toPath()))));
        new FileHeader().deserialize(archive, "fileheader");
        List<Long> zxids = new ArrayList<>();
        try {
            while (archive.readLong("checksum") != 0) {
                zxids.add(zxidOf(archive.readBuffer("txn")));
                archive.readByte("end");
            }
        } catch (java.io.EOFException e) {
            // The file has no padding.
        }
        return zxids;
    }

    static TxnHeader headerOf(long zxid) {
        return new TxnHeader(1, 1, zxid, 1, ZooDefs.OpCode.create);
    }

    static CreateTxn createOf(long zxid) {
        return new CreateTxn("/" + Long.toHexString(zxid), new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, false, -1);
    }

    /** Returns the zxid in the header of a serialized transaction. */
    static long zxidOf(byte[] txn) throws IOException {
        TxnHeader header = new TxnHeader();
        header.deserialize(BinaryInputArchive.getArchive(new ByteArrayInputStream(txn)), "hdr");
        return header.getZxid();
    }

    /** Returns the transaction in the form in which a log file and a PROPOSAL contain it. */
    static byte[] bytesOf(long zxid) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        BinaryOutputArchive archive = BinaryOutputArchive.getArchive(bytes);
        headerOf(zxid).serialize(archive, "hdr");
        createOf(zxid).serialize(archive, "txn");
        return bytes.toByteArray();
    }
}
