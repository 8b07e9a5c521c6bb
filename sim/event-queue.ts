/**
 * The pending events of a world: a binary heap ordered by (time, sequence). Events with the same time leave the queue
 * in the order of their push.
 *
 *   heapTime  heapSequence  heapSlot ---> slot: kind, target, a, b, payload, cause
 *   |_____ in heap order, typed ____|     |___________ stays in place ____________|
 *
 * Slots are pooled and grow by doubling, so a push allocates nothing. `pop` fills the public fields instead of
 * returning an object. The queue does not know the meaning of events and cannot remove one from the middle. To cancel
 * an event, ignore it when it leaves the queue (see the generations in connection.ts and node.ts).
 */

const INITIAL_CAPACITY = 256;

/** The pending events of a world, ordered by time. Events with the same time are ordered by when they were pushed. */
export class EventQueue {
  /** The following fields describe the event that the last successful `pop` removed. */
  timeUs = 0;
  /** The number of that event in the order of pushes. */
  sequence = -1;
  /** The sequence of the event during which that event was pushed; -1 if there is none. */
  cause = -1;
  /** The node that handles the event; -1 for the script. */
  target = 0;
  /** The kind of the event (event-kinds.ts). */
  kind = 0;
  /** The first value. Its meaning depends on the kind. */
  a = 0;
  /** The second value, whose meaning also depends on the kind. */
  b = 0;
  /** The payload. Its type depends on the kind. */
  payload: unknown = undefined;

  /**
   * The sequence of the event that is being handled, which is the cause of every event pushed meanwhile. -1 between
   * events.
   */
  currentSequence = -1;
  /** Number of pending events. */
  size = 0;

  private nextSequence = 0;
  private capacity = INITIAL_CAPACITY;
  private heapTime = new Float64Array(INITIAL_CAPACITY);
  private heapSequence = new Float64Array(INITIAL_CAPACITY);
  private heapSlot = new Int32Array(INITIAL_CAPACITY);
  private slotCause = new Float64Array(INITIAL_CAPACITY);
  private slotTarget = new Int32Array(INITIAL_CAPACITY);
  private slotKind = new Int32Array(INITIAL_CAPACITY);
  private slotA = new Float64Array(INITIAL_CAPACITY);
  private slotB = new Float64Array(INITIAL_CAPACITY);
  private slotPayload: unknown[] = new Array(INITIAL_CAPACITY).fill(undefined);

  constructor() {
    // Entries of heapSlot from index `size` on are the pool of free slots.
    for (let slot = 0; slot < INITIAL_CAPACITY; slot++) this.heapSlot[slot] = slot;
  }

  /** Adds an event. Returns its sequence. */
  push(timeUs: number, target: number, kind: number, a: number, b: number, payload: unknown): number {
    if (this.size === this.capacity) this.grow();
    const heapTime = this.heapTime;
    const heapSequence = this.heapSequence;
    const heapSlot = this.heapSlot;
    let hole = this.size++;
    const slot = heapSlot[hole] as number;
    const sequence = this.nextSequence++;
    this.slotCause[slot] = this.currentSequence;
    this.slotTarget[slot] = target;
    this.slotKind[slot] = kind;
    this.slotA[slot] = a;
    this.slotB[slot] = b;
    this.slotPayload[slot] = payload;
    // A new entry has the largest sequence, so it comes last among equal times. Comparing the times is therefore
    // enough.
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      const parentTime = heapTime[parent] as number;
      if (parentTime <= timeUs) break;
      heapTime[hole] = parentTime;
      heapSequence[hole] = heapSequence[parent] as number;
      heapSlot[hole] = heapSlot[parent] as number;
      hole = parent;
    }
    heapTime[hole] = timeUs;
    heapSequence[hole] = sequence;
    heapSlot[hole] = slot;
    return sequence;
  }

  /** Adds an event whose cause is not the event that is being handled. Returns its sequence. */
  pushCausedBy(
    cause: number,
    timeUs: number,
    target: number,
    kind: number,
    a: number,
    b: number,
    payload: unknown,
  ): number {
    const handling = this.currentSequence;
    this.currentSequence = cause;
    const sequence = this.push(timeUs, target, kind, a, b, payload);
    this.currentSequence = handling;
    return sequence;
  }

  /** Removes the earliest event and fills the public fields with it. Returns false if the queue is empty. */
  pop(): boolean {
    if (this.size === 0) return false;
    const slot = this.heapSlot[0] as number;
    this.timeUs = this.heapTime[0] as number;
    this.sequence = this.heapSequence[0] as number;
    this.cause = this.slotCause[slot] as number;
    this.target = this.slotTarget[slot] as number;
    this.kind = this.slotKind[slot] as number;
    this.a = this.slotA[slot] as number;
    this.b = this.slotB[slot] as number;
    this.payload = this.slotPayload[slot];
    this.slotPayload[slot] = undefined;
    const last = --this.size;
    if (last > 0) this.siftDown(last);
    this.heapSlot[last] = slot;
    return true;
  }

  /** Returns the time of the earliest event; Infinity if the queue is empty. */
  peekTime(): number {
    return this.size === 0 ? Number.POSITIVE_INFINITY : (this.heapTime[0] as number);
  }

  /** Calls `see` for every pending event, in no particular order. Slow; for inspection only. */
  visit(
    see: (
      timeUs: number,
      target: number,
      kind: number,
      a: number,
      b: number,
      payload: unknown,
      sequence: number,
      cause: number,
    ) => void,
  ): void {
    for (let position = 0; position < this.size; position++) {
      const slot = this.heapSlot[position] as number;
      see(
        this.heapTime[position] as number,
        this.slotTarget[slot] as number,
        this.slotKind[slot] as number,
        this.slotA[slot] as number,
        this.slotB[slot] as number,
        this.slotPayload[slot],
        this.heapSequence[position] as number,
        this.slotCause[slot] as number,
      );
    }
  }

  /** Moves the entry at `size`, which was just removed from the end, to its place below the empty root. */
  private siftDown(size: number): void {
    const heapTime = this.heapTime;
    const heapSequence = this.heapSequence;
    const heapSlot = this.heapSlot;
    const timeUs = heapTime[size] as number;
    const sequence = heapSequence[size] as number;
    const slot = heapSlot[size] as number;
    let hole = 0;
    let child = 1;
    while (child < size) {
      let childTime = heapTime[child] as number;
      const right = child + 1;
      if (right < size) {
        const rightTime = heapTime[right] as number;
        if (
          rightTime < childTime ||
          (rightTime === childTime && (heapSequence[right] as number) < (heapSequence[child] as number))
        ) {
          child = right;
          childTime = rightTime;
        }
      }
      if (childTime > timeUs || (childTime === timeUs && (heapSequence[child] as number) > sequence)) break;
      heapTime[hole] = childTime;
      heapSequence[hole] = heapSequence[child] as number;
      heapSlot[hole] = heapSlot[child] as number;
      hole = child;
      child = 2 * hole + 1;
    }
    heapTime[hole] = timeUs;
    heapSequence[hole] = sequence;
    heapSlot[hole] = slot;
  }

  private grow(): void {
    const before = this.capacity;
    const capacity = before * 2;
    this.heapTime = widenedFloats(this.heapTime, capacity);
    this.heapSequence = widenedFloats(this.heapSequence, capacity);
    this.heapSlot = widenedIntegers(this.heapSlot, capacity);
    this.slotCause = widenedFloats(this.slotCause, capacity);
    this.slotTarget = widenedIntegers(this.slotTarget, capacity);
    this.slotKind = widenedIntegers(this.slotKind, capacity);
    this.slotA = widenedFloats(this.slotA, capacity);
    this.slotB = widenedFloats(this.slotB, capacity);
    for (let slot = before; slot < capacity; slot++) {
      this.heapSlot[slot] = slot;
      this.slotPayload.push(undefined);
    }
    this.capacity = capacity;
  }
}

function widenedFloats(source: Float64Array, capacity: number): Float64Array<ArrayBuffer> {
  const wider = new Float64Array(capacity);
  wider.set(source);
  return wider;
}

function widenedIntegers(source: Int32Array, capacity: number): Int32Array<ArrayBuffer> {
  const wider = new Int32Array(capacity);
  wider.set(source);
  return wider;
}
