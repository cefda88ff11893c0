import type { SessionEvent } from '#src/session/events.ts';
import { hearOut, type Stage } from './hear-out.ts';
import { type Spoken, spoken } from './sandbox-lines.ts';
import { instantsLine } from './show.ts';

type Answered = Extract<SessionEvent, { kind: 'answered' }>;

/** The bot may think and speak for so long. */
const answerMs = 60_000;
/** Until it has understood somebody it hears, on a busy machine; and until it is clear that it does not hear somebody. */
const noticeMs = { heard: 15_000, stranger: 4_000 } as const;
/** What was said may have been cut in two: the other part is known by then. */
const restMs = { answered: 50, wordless: 1_500, failed: 300 } as const;
/** An answer is told of once it has left; a sentence the bot says of itself is only heard. */
const quietMs = { answer: 300, sentence: 1_200 } as const;
const arrivalMs = 20_000;
const sentenceMs = 8_000;
/** A frame is told of as sent just after it left. */
const sendingMs = 50;

/** How much of what was said was understood, answered and heard. */
type Progress = {
  /** Utterances with words that were not answered yet. */
  readonly owed: number;
  readonly wordless: boolean;
  readonly failed: boolean;
  readonly heard: boolean;
};

/**
 * `person` says the recording, and everything that is answered is shown, heard out and kept.
 *
 * `known` is somebody the bot may well hear; for others not being heard is no surprise. Errors: BotError `sandbox.failed`.
 * Aborting `signal` throws its reason.
 */
export async function takeTurn(
  person: string,
  wav: string,
  known: boolean,
  stage: Stage,
  signal: AbortSignal,
): Promise<void> {
  const { sandbox, witness, tap } = stage;
  const [asked, start] = [tap.asked, witness.place];
  const said = spoken.parse(await sandbox.ask({ do: 'say', person, wav }, signal));
  let progress: Progress = { owed: 0, wordless: false, failed: false, heard: false };
  let place = start;
  for (let waitMs: number = known ? noticeMs.heard : noticeMs.stranger; ; ) {
    const kinds = ['recognised', 'answered', 'failed'] as const;
    const next = await witness.after(place, kinds, waitMs, signal, person);
    if (!next) break;
    place = next.place;
    progress = await stepped(progress, next.event, person, said, stage);
    waitMs = patienceMs(progress, next.event.kind);
  }
  if (place === start) unheard(person, stage);
  else if (progress.owed > 0) stage.show.note('No answer came within a minute.');
  else if (progress.wordless && !progress.heard) {
    stage.show.note(`${stage.botName} understood no words.`);
  } else if (progress.failed && tap.asked > asked) await hearApology(person, said, stage);
}

async function stepped(
  progress: Progress,
  event: Extract<SessionEvent, { kind: 'recognised' | 'answered' | 'failed' }>,
  person: string,
  said: Spoken,
  stage: Stage,
): Promise<Progress> {
  switch (event.kind) {
    case 'recognised':
      if (event.text === '') return { ...progress, wordless: true };
      return { ...progress, owed: progress.owed + 1 };
    case 'answered': {
      if (event.typed) return progress;
      const heard = await showAnswer(event, person, said, stage);
      const owed = Math.max(0, progress.owed - 1);
      return { ...progress, owed, heard: progress.heard || heard };
    }
    case 'failed':
      return { ...progress, owed: 0, failed: true };
  }
}

function patienceMs({ owed }: Progress, last: 'recognised' | 'answered' | 'failed'): number {
  if (owed > 0) return answerMs;
  if (last === 'recognised') return restMs.wordless;
  return last === 'failed' ? restMs.failed : restMs.answered;
}

/** True when something of the answer was heard. */
async function showAnswer(
  answered: Answered,
  person: string,
  { lastVoicedAtMs }: Spoken,
  stage: Stage,
): Promise<boolean> {
  const { show, botName } = stage;
  const { finish, text, heardText, instants } = answered;
  if (finish === 'completed') show.says(botName, text);
  else if (heardText !== '') show.says(botName, `${heardText} (${finish})`);
  if (finish === 'empty') show.note(`${botName} had nothing to say.`);
  if (instants.firstSentAtMs === undefined) return false;
  const sinceMs = instants.firstSentAtMs - sendingMs;
  const waits = { sinceMs, quietMs: quietMs.answer, timeoutMs: arrivalMs };
  const reached = await hearOut(person, waits, stage);
  if (!reached) {
    show.note(`Nothing of the answer reached ${person}.`);
    return false;
  }
  // Of several utterances each is counted from its own end, which only the bot knows.
  const fromMs = Math.min(lastVoicedAtMs, instants.heardAtMs);
  show.detail(
    instantsLine(answered, `${person}'s last syllable`, fromMs, reached.firstAudibleAtMs),
  );
  show.detail(`kept as ${reached.path}`);
  return true;
}

/** What the bot says when it cannot answer. */
async function hearApology(person: string, said: Spoken, stage: Stage): Promise<void> {
  const sinceMs = said.lastVoicedAtMs;
  const waits = { sinceMs, quietMs: quietMs.sentence, timeoutMs: sentenceMs };
  const reached = await hearOut(person, waits, stage);
  if (reached) stage.show.detail(`kept as ${reached.path}`);
}

function unheard(person: string, { show, botName }: Stage): void {
  const name = person.toLowerCase();
  show.note(
    `${botName} did not hear ${person}: it hears only people who said yes. "${name}: /join" says it, or Hear me.`,
  );
}
