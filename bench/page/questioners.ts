import type { Page } from 'playwright-core';
import type { QuestionClip } from '#bench/clips.ts';
import { RoomNoise } from '#sandbox/voice-client/acoustics.ts';
import { energyDb } from '#src/audio/loudness.ts';
import { type Pcm, toMono } from '#src/audio/pcm.ts';
import { resample } from '#src/audio/resample.ts';
import { heard, spoken } from '#src/console/sandbox-lines.ts';
import { type SandboxPage, SandboxProcess } from '#src/console/sandbox-process.ts';
import { BotProcess } from '#test/fakes/bot-process.ts';
import { forgetTapped, tappedOf } from '#test/page/browser/sound-tap.ts';
import { firstAudibleMs, offsetMs } from './aligned.ts';

const person = 'Adam';
const quietMs = 600;
const patienceMs = 15_000;
const rateHz = 48_000;
const frameSamples = 960;
/** A louder frame is voice, as for a simulated microphone. */
const voicedDb = -45;
/** Room noise around the clip: browsers swallow the beginning of what a fake microphone plays. */
const [leadMs, tailMs] = [800, 6_000];
const never = new AbortController().signal;

/** One question and its answer, in ms. */
export type Wait = {
  /** From the end of the last voiced frame to the first sound heard. */
  readonly heardMs: number;
  /** Part of it outside the bot: the time without that from the last voice the bot heard to its first packet. */
  readonly outsideMs: number;
};

/** Somebody who asks a question aloud, and hears the answer. */
export interface Questioner {
  /** Undefined when there was no answer. */
  ask(): Promise<Wait | undefined>;
}

type Call = { readonly sandbox: SandboxProcess; readonly bot: BotProcess };

/** A sandbox and a bot in a call with somebody whose microphone is open. */
export async function openCall(environment: Readonly<Record<string, string>>, page?: SandboxPage) {
  await using stack = new AsyncDisposableStack();
  const sandbox = stack.use(await SandboxProcess.start(() => undefined, never, page));
  const bot = stack.use(await BotProcess.start(sandbox.ready, environment));
  await sandbox.ask({ do: 'join', person, microphone: 'open' });
  await sandbox.ask({ do: 'command', person, name: 'join' });
  await sandbox.ask({ do: 'settled', person });
  const all = stack.move();
  return { sandbox, bot, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/** A person of the sandbox, without any browser. */
export function simulatedQuestioner({ sandbox, bot }: Call, clip: QuestionClip): Questioner {
  return {
    async ask() {
      const said = spoken.parse(await sandbox.ask({ do: 'say', person, wav: clip.path }));
      const waits = { sinceMs: said.lastVoicedAtMs, quietMs, timeoutMs: patienceMs };
      const reached = await sandbox.ask({ do: 'listen', person, ...waits }).catch(() => undefined);
      if (!reached) return undefined;
      return await waitOf(bot, heard.parse(reached).firstAudibleAtMs - said.lastVoicedAtMs);
    },
  };
}

/** Somebody in front of the page, whose microphone takes `microphoneSound` anew each time it is opened. */
export function pageQuestioner({ bot }: Call, tab: Page, clip: QuestionClip): Questioner {
  const { samples } = mono(clip);
  const microphone = tab.getByRole('button', { name: 'Microphone' });
  const speaks = tab
    .getByRole('listitem')
    .filter({ hasText: 'Nova' })
    .filter({ hasText: 'speaks' });
  return {
    async ask() {
      await forgetTapped(tab);
      await microphone.click();
      const answered = await speaks.waitFor({ timeout: patienceMs }).then(
        () => speaks.waitFor({ state: 'detached', timeout: patienceMs }).then(() => true),
        () => false,
      );
      await microphone.click();
      const { captured, played } = await tappedOf(tab);
      if (!answered) return undefined;
      const endMs = offsetMs(samples, captured, rateHz) + voicedMs(samples);
      const heardMs = firstAudibleMs(played, rateHz, endMs);
      return heardMs === undefined ? undefined : await waitOf(bot, heardMs - endMs);
    },
  };
}

/** With the bot's own part of it, of the answer that it logs next. */
async function waitOf(bot: BotProcess, heardMs: number): Promise<Wait> {
  const { firstSentMs } = await bot.logged(({ msg }) => msg === 'answered', patienceMs);
  return { heardMs, outsideMs: heardMs - Number(firstSentMs) };
}

/** The clip in a quiet room, as the simulated person's open microphone takes it. */
export function microphoneSound(clip: QuestionClip): Pcm {
  const { samples } = mono(clip);
  const [before, after] = [leadMs, tailMs].map((ms) => (ms * rateHz) / 1_000);
  const all = new Int16Array((before ?? 0) + samples.length + (after ?? 0));
  all.set(samples, before);
  new RoomNoise(1).addTo(all);
  return { samples: all, rateHz, channels: 1 };
}

function mono({ pcm }: QuestionClip): Pcm {
  return resample(toMono(pcm), rateHz);
}

/** Where the last frame with voice ends. */
function voicedMs(samples: Int16Array): number {
  let voiced = 0;
  for (let from = 0; from < samples.length; from += frameSamples) {
    if (energyDb(samples.subarray(from, from + frameSamples)) > voicedDb)
      voiced = from + frameSamples;
  }
  return (voiced / rateHz) * 1_000;
}
