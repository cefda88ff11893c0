import { within } from '#src/provider/within.ts';
import { Claim, type Dropping } from './claim.ts';
import type { Asker, Asking, Saying, Talk } from './command-ports.ts';
import type { Question } from './matter.ts';
import type { SessionParts } from './parts.ts';
import { clausesOf } from './reading.ts';
import type { VoiceRooms } from './rooms.ts';
import type { Stay } from './stay.ts';
import { answerInWriting } from './written-answer.ts';

/** Discord lets a command be answered later than this, but nobody waits so long for a line of text. */
const longestMs = 50_000;

type Parts = Pick<SessionParts, 'chat' | 'chatName' | 'clock' | 'onEvent' | 'style' | 'voices'>;

/** What is typed instead of spoken: texts to read out, questions, and the word to be silent. */
export class RoomTalk implements Talk {
  readonly #parts: Parts;
  readonly #rooms: Pick<VoiceRooms, 'stay'>;
  readonly #signal: AbortSignal;

  /** Aborting `signal` ends the answers that are being written. */
  constructor(parts: Parts, rooms: Pick<VoiceRooms, 'stay'>, signal: AbortSignal) {
    this.#parts = parts;
    this.#rooms = rooms;
    this.#signal = signal;
  }

  async say(
    guildId: string,
    words: string,
    when: 'now' | 'queue',
    voice?: string,
  ): Promise<Saying> {
    const stay = this.#rooms.stay(guildId);
    if (!stay) return { kind: 'nowhere' };
    const clauses = clausesOf(words);
    if (clauses.length === 0) return { kind: 'unspeakable' };
    const named = voice !== undefined && { voice };
    const reading = { kind: 'reading', clauses, when, ...named, claim: new Claim() } as const;
    const added = stay.room.floor.read(reading);
    switch (added.kind) {
      case 'added':
        return { kind: 'queued', ahead: added.ahead };
      case 'full':
      case 'muted':
        return added;
      case 'closed':
        return { kind: 'nowhere' };
    }
  }

  async ask(
    guildId: string,
    question: string,
    asker: Asker,
    answer: 'voice' | 'text',
  ): Promise<Asking> {
    const stay = this.#rooms.stay(guildId);
    if (answer === 'voice') return stay ? await this.#aloud(question, asker, stay) : nowhere;
    const known = stay?.isHere(asker.id) ? stay.room.memory.messages() : [];
    const asked = { guildId, question, asker, known };
    return await answerInWriting(asked, this.#parts, longestMs, this.#signal);
  }

  hark(guildId: string, personId: string): 'open' | 'unheard' | 'paused' | 'nowhere' {
    const room = this.#rooms.stay(guildId)?.room;
    if (!room) return 'nowhere';
    if (room.gate.standing(personId) !== 'yes') return 'unheard';
    if (room.gate.paused) return 'paused';
    room.attention.open(personId);
    return 'open';
  }

  stop(guildId: string, what: 'speech' | 'sounds' | 'everything'): 'stopped' | 'nothing' {
    if (what === 'sounds') return 'nothing';
    return this.#rooms.stay(guildId)?.room.floor.stop() ? 'stopped' : 'nothing';
  }

  voices(): readonly string[] {
    return this.#parts.voices;
  }

  async #aloud(question: string, asker: Asker, { room }: Stay): Promise<Asking> {
    const { clock } = this.#parts;
    const told = Promise.withResolvers<Asking>();
    const claim = new Claim((why) => told.resolve(droppedFor(why)));
    room.floor.ask(typed(question, asker, clock.nowMs(), claim, told.resolve));
    try {
      return await within(told.promise, longestMs, clock, () => new Error('late'));
    } catch {
      return { kind: 'failed', line: { id: 'ask.late' } };
    }
  }
}

const nowhere: Asking = { kind: 'nowhere' };

function typed(
  text: string,
  { id, name }: Asker,
  atMs: number,
  claim: Claim,
  tell: (asking: Asking) => void,
): Question {
  const said = {
    speakerId: id,
    name,
    fromMs: atMs,
    toMs: atMs,
    transcript: async () => ({ text }),
  };
  return {
    ...{ kind: 'question', said, earlier: [], endedAtMs: atMs, claim, tell },
    words: { text, atMs },
  };
}

function droppedFor(why: Dropping): Asking {
  switch (why) {
    case 'stopped':
    case 'withdrawn':
    case 'continued':
    case 'unmeant':
    case 'interrupted':
      return { kind: 'failed', line: { id: 'stop.ok' } };
    case 'crowded':
    case 'late':
      return { kind: 'failed', line: { id: 'ask.dropped' } };
    case 'muted':
      return { kind: 'failed', line: { id: 'muted.server' } };
    case 'left':
      return nowhere;
    case 'lost':
      return { kind: 'failed', line: { id: 'reconnecting' } };
    case 'over':
      return { kind: 'failed', line: { id: 'generic', with: { code: 'bug' } } };
  }
}
