/** Releases that have a behavior since one change, for the known bugs that need it. */

/** Releases in which the follower logs the transactions of a DIFF after UPTODATE. */
export const SINCE_2678 = ["3.4.10", "3.4.14", "3.5.5", "3.5.8", "3.6.0", "3.6.2"];

/** Releases in which the follower queues the transactions of a DIFF for its log thread at NEWLEADER. */
export const SINCE_3911 = ["3.5.10", "3.6.4", "3.7.2", "3.8.0", "3.8.4", "3.9.1"];

/** Releases in which the follower syncs the transactions of a DIFF before it writes currentEpoch. */
export const SINCE_4646 = ["3.8.6", "3.9.2"];

/** Releases that have dynamic reconfiguration. Each release from 3.5.5 on has the same errors in it. */
export const SINCE_RECONFIG = [
  ...["3.5.5", "3.5.8", "3.5.10", "3.6.0", "3.6.2", "3.6.4", "3.7.2"],
  ...["3.8.0", "3.8.4", "3.8.6", "3.9.1", "3.9.2", "3.9.3", "3.9.4", "newest"],
];
