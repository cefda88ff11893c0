import { readFile } from 'node:fs/promises';

/** Somebody of the scene; `bot` is another bot in the channel. */
export type ScenarioRole = 'a' | 'b' | 'c' | 'd' | 'e' | 'bot';

export type ScenarioAct =
  | {
      readonly who: ScenarioRole;
      readonly say: string;
      /** From the end of what was said before; below 0 they overlap. Default 0. */
      readonly afterMs?: number;
      /** Left out: it is not for the bot, and gets no answer. `perhaps`: either will do. */
      readonly meant?: 'yes' | 'perhaps';
      /** Default `short`. */
      readonly answer?: 'asks' | 'long';
      /** Its answer is heard to the last word. */
      readonly whole?: true;
      /** It says that the bot was not meant. */
      readonly dismisses?: true;
      /** The name is spelled wrong, which has to do no longer where the bot was dismissed twice of late. */
      readonly misheard?: true;
    }
  | { readonly who: ScenarioRole; readonly do: 'ask' | 'go' | 'come' }
  | { readonly pauseMs: number }
  /** Until everything is answered to its end, or the bot is heard. */
  | { readonly wait: 'answer' | 'sound' };

export type MannersScenario = {
  readonly name: string;
  readonly acts: readonly ScenarioAct[];
};

/** Everything that is played; scenes and lines may be added, never removed. */
export type ScenarioMix = {
  /** Words for `{city}` and the like. */
  readonly fill: Readonly<Record<string, readonly string[]>>;
  /** Talk between people. */
  readonly chat: readonly string[];
  readonly two: readonly MannersScenario[];
  /** Played among five people, between those of two. */
  readonly five: readonly MannersScenario[];
};

export async function readScenarioMix(): Promise<ScenarioMix> {
  return JSON.parse(await readFile(new URL('scenes.json', import.meta.url), 'utf8'));
}
