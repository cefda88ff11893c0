import { readFile } from 'node:fs/promises';

/** A role of the scene. `bot` is another bot in the channel. */
export type ScenarioRole = 'a' | 'b' | 'c' | 'd' | 'e' | 'bot';

/** Words, a move or a wait. */
export type ScenarioAct =
  | {
      readonly who: ScenarioRole;
      readonly say: string;
      /** Time from the end of the act before to the first word. Below 0 the words overlap it. Default 0. */
      readonly afterMs?: number;
      /** Left out: the words are not for the bot, and get no answer. `perhaps`: either will do. */
      readonly meant?: 'yes' | 'perhaps';
      /** How the bot's model answers. `asks`: with a question. Default `short`. */
      readonly answer?: 'asks' | 'long';
      /** The answer is heard to the last word. */
      readonly whole?: true;
    }
  /** Presses the Ask button, leaves the channel, or comes back. */
  | { readonly who: ScenarioRole; readonly do: 'ask' | 'go' | 'come' }
  | { readonly pauseMs: number }
  /** Waits until everything is answered to its end, or the bot is heard. */
  | { readonly wait: 'answer' | 'sound' };

/** A scene of a few acts. */
export type MannersScenario = {
  readonly name: string;
  readonly acts: readonly ScenarioAct[];
};

/** Everything that is played. Scenes and lines may be added, never removed. */
export type ScenarioMix = {
  /** Words for `{city}` and the like. */
  readonly fill: Readonly<Record<string, readonly string[]>>;
  /** Talk between people. */
  readonly chat: readonly string[];
  /** Scenes of two people. */
  readonly two: readonly MannersScenario[];
  /** Scenes of five people, which are played between those of two. */
  readonly five: readonly MannersScenario[];
};

/** Reads the scenes and lines of `scenes.json`. */
export async function readScenarioMix(): Promise<ScenarioMix> {
  return JSON.parse(await readFile(new URL('scenes.json', import.meta.url), 'utf8'));
}
