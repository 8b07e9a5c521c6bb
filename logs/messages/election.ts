/** Messages of the election and of the connections on the election port. */
import { type LogMessage, messagesOf } from "../message.ts";

const election = messagesOf("FastLeaderElection");
const receiver = messagesOf("FastLeaderElection", "$Messenger$WorkerReceiver");
const connections = messagesOf("QuorumCnxManager");
const listener = messagesOf("QuorumCnxManager", "$Listener");
const listenerHandler = messagesOf("QuorumCnxManager", "$Listener$ListenerHandler");
const channel = messagesOf("QuorumCnxManager", "$RecvWorker");
const peer = messagesOf("QuorumPeer");

export const ELECTION_MESSAGES: readonly LogMessage[] = [
  peer("looking", "INFO", "..", "LOOKING"),
  peer("leading", "INFO", "..", "LEADING"),
  peer("following", "INFO", "..", "FOLLOWING"),
  peer("observing", "INFO", "..", "OBSERVING"),
  // Two spaces before the id up to 3.5.10.
  election("election-started", "INFO", "..3.5.10", "New election. My id =  {sid:int}, proposed zxid=0x{zxid:hex}"),
  election("election-started", "INFO", "3.6.0..", "New election. My id = {sid:int}, proposed zxid=0x{zxid:hex}"),
  election(
    "notification",
    "INFO",
    "..3.4.14",
    "Notification: {version:int} (message format version), {leader:int} (n.leader), 0x{zxid:hex} (n.zxid), ",
    "0x{round:hex} (n.round), {state:word} (n.state), {sid:int} (n.sid), 0x{peerEpoch:hex} (n.peerEpoch) ",
    "{myState:word} (my state)",
  ),
  election(
    "notification",
    "INFO",
    "3.5.5..3.5.10",
    "Notification: {version:int} (message format version), {leader:int} (n.leader), 0x{zxid:hex} (n.zxid), ",
    "0x{round:hex} (n.round), {state:word} (n.state), {sid:int} (n.sid), 0x{peerEpoch:hex} (n.peerEPoch), ",
    "{myState:word} (my state){configVersion:hex} (n.config version)",
  ),
  receiver(
    "notification",
    "INFO",
    "3.6.0..",
    "Notification: my state:{myState:word}; n.sid:{sid:int}, n.state:{state:word}, n.leader:{leader:int}, ",
    "n.round:0x{round:hex}, n.peerEpoch:0x{peerEpoch:hex}, n.zxid:0x{zxid:hex}, ",
    "message format version:0x{version:hex}, n.config version:0x{configVersion:hex}",
  ),
  receiver("config-received", "INFO", "3.5.5..", "{sid:int} Received version: {received:hex} my version: {mine:hex}"),
  receiver("config-adopted", "INFO", "3.5.5..", "restarting leader election"),
  election("notification-timeout", "INFO", "..3.7.2", "Notification time out: {ms:int}"),
  election("notification-timeout", "INFO", "3.8.0..", "Notification time out: {ms:int} ms"),
  election(
    "vote-of-stranger-ignored",
    "WARN",
    "3.4.13..",
    "Ignoring notification for non-cluster member sid {leader:int} from sid {sid:int}",
  ),
  election(
    "vote-of-stranger-ignored",
    "WARN",
    "3.4.13..",
    "Ignoring notification for sid {leader:int} from non-quorum member sid {sid:int}",
  ),
  election("vote-of-stranger-ignored", "WARN", "..3.4.12", "Ignoring notification from non-cluster member {sid:int}"),
  connections("channel-failed", "WARN", "..", "Cannot open channel to {sid:int} at election address {address:text}"),
  connections(
    "channel-failed",
    "WARN",
    "3.5.5..",
    "Cannot open secure channel to {sid:int} at election address {address:text}",
  ),
  connections(
    "own-id-connected",
    "WARN",
    "3.5.8..3.5.10 3.6.1..",
    "We got a connection request from a server with our own ID. This should be either a configuration error, or a bug.",
  ),
  channel(
    "channel-broken",
    "WARN",
    "..3.5.10",
    "Connection broken for id {sid:int}, my id = {myid:int}, error = {error:text}",
  ),
  channel("channel-broken", "WARN", "3.6.0..", "Connection broken for id {sid:int}, my id = {myid:int}"),
  listener("election-port-bound", "INFO", "..3.5.7 3.6.0..3.6.0", "My election bind port: {address:text}"),
  listener(
    "election-port-bound",
    "INFO",
    "3.5.8..3.5.10",
    "{sid:int} is accepting connections now, my election bind port: {address:text}",
  ),
  listenerHandler(
    "election-port-bound",
    "INFO",
    "3.6.1..",
    "{sid:int} is accepting connections now, my election bind port: {address:text}",
  ),
  listener(
    "election-port-failed",
    "ERROR",
    "..3.5.5 3.6.0..",
    "As I'm leaving the listener thread, I won't be able to participate in leader election any longer: {address:text}",
  ),
  listener(
    "election-port-failed",
    "ERROR",
    "3.5.6..3.5.10",
    "As I'm leaving the listener thread after {errors:int} errors. I won't be able to participate in leader election ",
    "any longer: {address:text}. Use {property:word} property to increase retry count.",
  ),
];
