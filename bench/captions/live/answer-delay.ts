import type { QuestionClip } from '#bench/clips.ts';
import { percentile } from '#bench/table.ts';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import { CaptionedCall, gather, turnCaptionsOn, within } from './captioned-call.ts';

export type AnswerDelays = {
  /** Median, in ms, from the last voiced packet of a question to the first packet of its answer. */
  readonly captionedMs: number;
  readonly plainMs: number;
  readonly questions: number;
};

const quietMs = 400;
const patienceMs = 15_000;

/** The same questions by turns in two servers of one bot, of which one has captions. */
export async function delayAnswers(
  clips: readonly QuestionClip[],
  questions: number,
): Promise<AnswerDelays> {
  await using call = await CaptionedCall.open({
    guilds: 1,
    environment: { ADDRESSING: 'always' },
    hears: () => 'What time is it?',
    answer: 'It is noon.',
  });
  const { sandbox } = call;
  const [captioned] = await gather(sandbox.guild(), ['Ana']);
  const [plain] = await gather(sandbox.guild('Sandbox 2'), ['Ben']);
  if (!captioned || !plain) throw new Error('There is nobody to ask.');
  await turnCaptionsOn(captioned);
  const [captionedMs, plainMs]: [number[], number[]] = [[], []];
  for (let n = -1; n < questions; n++) {
    const clip = clips[(n + clips.length) % clips.length];
    if (!clip) throw new Error('There is nothing to ask.');
    const delays = [await ask(captioned, clip), await ask(plain, clip)] as const;
    if (n < 0) continue; // the first of each warms up
    captionedMs.push(delays[0]);
    plainMs.push(delays[1]);
  }
  const median = (all: readonly number[]) => percentile(all, 0.5);
  return { captionedMs: median(captionedMs), plainMs: median(plainMs), questions };
}

async function ask(person: SandboxPerson, { pcm }: QuestionClip): Promise<number> {
  const { firstPacketAtMs: sinceMs, lastVoicedAtMs } = await person.say(pcm, within(patienceMs));
  const waits = { sinceMs, quietMs, timeoutMs: patienceMs };
  const { firstAudibleAtMs } = await person.listen(waits, within(patienceMs));
  return firstAudibleAtMs - lastVoicedAtMs;
}
