/** Reaction to a close code of a voice socket. */
export type AfterClose =
  /** This build cannot speak with that server; only another version can. */
  | { readonly kind: 'no-cipher' | 'no-end-to-end' }
  /** Discord wants to be left alone for a while, and longer each time. */
  | { readonly kind: 'wait' }
  /** The call is over for us; the main gateway tells whether a person did it on purpose. */
  | { readonly kind: 'out' }
  /** Left and joined anew, at most `most` times, after waits in ms that double from `firstMs`. */
  | { readonly kind: 'again'; readonly firstMs: number; readonly most: number };

const patient = { kind: 'again', firstMs: 1_000, most: 5 } as const;
/** We said something wrong or undocumented: one more attempt, then no more. */
const once = { kind: 'again', firstMs: 5_000, most: 1 } as const;

/** Source: Discord docs, "Voice Close Event Codes"; a code that is not listed is tried `once`. */
const listed: Readonly<Record<number, AfterClose>> = {
  4001: once, // unknown opcode
  4002: once, // payload could not be decoded
  4003: once, // not authenticated
  4004: { kind: 'again', firstMs: 2_000, most: 1 }, // authentication failed: the pair was stale
  4005: once, // already authenticated
  4006: patient, // session no longer valid
  4009: patient, // session timeout
  4011: { kind: 'again', firstMs: 1_000, most: 3 }, // server not found
  4012: once, // unknown protocol
  4014: { kind: 'out' }, // disconnected
  4015: patient, // voice server crashed, and would not resume
  4016: { kind: 'no-cipher' }, // unknown encryption mode
  4017: { kind: 'no-end-to-end' }, // end-to-end encryption required
  4020: once, // bad request
  4021: { kind: 'wait' }, // rate limited
  4022: { kind: 'out' }, // call terminated
};

/** Reaction to a close code; below 4000 the network closed the socket, not Discord. */
export function afterClose(closeCode: number): AfterClose {
  return closeCode < 4_000 ? patient : (listed[closeCode] ?? once);
}

/** Whether Discord itself closed, and will do so again. */
export function isRefusal(closeCode: number): boolean {
  return closeCode >= 4_000 && afterClose(closeCode).kind === 'again';
}
