/** Money set aside for one request. */
export type RequestHold = {
  /** Tokens, or ms of sound, that the request may take. */
  readonly units: number;
  /** Frees what the request has not cost. */
  end(): void;
};

/** A hold, once the money is set aside; undefined: the request has no limit. */
export type HoldResult = Promise<RequestHold | undefined> | undefined;

/** The hold once it is known. Aborting `signal` frees it, and throws `signal.reason`. */
export async function unlessAbandoned(
  result: HoldResult,
  signal: AbortSignal,
): Promise<RequestHold | undefined> {
  const hold = await result;
  if (signal.aborted) hold?.end();
  signal.throwIfAborted();
  return hold;
}
