/** State of the one sentence that the bot says when it has joined. */
export type Greeting =
  | { readonly kind: 'waiting' | 'due'; readonly fromMs: number }
  | { readonly kind: 'over' };

/** Activity in the channel at one moment. */
export type GreetingMoment = {
  readonly atMs: number;
  /** A person who may be heard talks. */
  readonly talking: boolean;
  /** Another text is being answered or read out. */
  readonly busy: boolean;
  /** A part of the greeting has been heard. */
  readonly sounds: boolean;
};

/** Time, in ms, that the bot listens before it greets: the onset of a caller's voice shows within 150 ms. */
const listenFirstMs = 500;
/** Time in ms after which a greeting is pointless: voice may have been that slow, or the link was not ready. */
const tooLateMs = 10_000;

const over: Greeting = { kind: 'over' };

/** One step of greeting: into a pause, or not at all. Once it sounds it is said to its end. */
export function stepGreeting(
  greeting: Greeting,
  { atMs, talking, busy, sounds }: GreetingMoment,
): readonly [Greeting, ('say' | 'drop')?] {
  if (greeting.kind === 'over') return [greeting];
  const { fromMs } = greeting;
  if (greeting.kind === 'due') {
    if (sounds) return [over];
    return talking || atMs - fromMs >= tooLateMs ? [over, 'drop'] : [greeting];
  }
  if (talking || busy) return [over];
  return atMs - fromMs >= listenFirstMs ? [{ kind: 'due', fromMs }, 'say'] : [greeting];
}
