package org.apache.zookeeper.server.quorum;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.zip.Adler32;
import org.apache.jute.BinaryOutputArchive;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.server.persistence.FileHeader;
import org.apache.zookeeper.txn.ErrorTxn;
import org.apache.zookeeper.txn.TxnHeader;

/** Writes log files as FileTxnLog does, without padding at the end. */
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

    /** Writes one file that holds transactions with these zxids, named after the first one. */
    static void write(File folder, List<Long> zxids) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        FileHeader header = new FileHeader(java.nio.ByteBuffer.wrap(MAGIC).getInt(), VERSION, 0);
        header.serialize(BinaryOutputArchive.getArchive(out), "fileheader");
        for (long zxid : zxids) {
            byte[] txn = transaction(zxid);
            Adler32 checksum = new Adler32();
            checksum.update(txn, 0, txn.length);
            out.writeLong(checksum.getValue());
            out.writeInt(txn.length);
            out.write(txn);
            out.writeByte(END_OF_RECORD);
        }
        Files.write(new File(folder, "log." + Long.toHexString(zxids.get(0))).toPath(), bytes.toByteArray());
    }

    private static byte[] transaction(long zxid) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        BinaryOutputArchive archive = BinaryOutputArchive.getArchive(bytes);
        new TxnHeader(1, 1, zxid, 1, ZooDefs.OpCode.error).serialize(archive, "hdr");
        new ErrorTxn(1).serialize(archive, "txn");
        return bytes.toByteArray();
    }
}
