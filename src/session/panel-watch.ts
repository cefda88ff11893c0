import type { Matter } from './floor.ts';
import type { Gate } from './gate.ts';
import type { Person } from './link.ts';
import type { PanelFace } from './panel.ts';
import type { SessionParts } from './parts.ts';

/** What is going on in a room at one moment. */
export type Scene = {
  readonly channelName: string;
  /** Everybody there, bots included. */
  readonly people: readonly Person[];
  readonly gate: Pick<Gate, 'paused' | 'standing'>;
  /** Ids of those who talk. */
  readonly talking: readonly string[];
  readonly current: Matter | undefined;
  /** Something of the current matter has been heard. */
  readonly sounds: boolean;
};

/** Keeps the panel of one stay as the room is, and calls for a new one only when something has changed. */
export class PanelWatch {
  readonly #guildId: string;
  readonly #parts: Pick<SessionParts, 'panels' | 'engine'>;
  #shown = '';
  #lastAnswerMs: number | undefined;

  constructor(guildId: string, parts: Pick<SessionParts, 'panels' | 'engine'>) {
    this.#guildId = guildId;
    this.#parts = parts;
  }

  /** `ms` from the end of somebody's words to the first sound of the answer. */
  answered(ms: number): void {
    this.#lastAnswerMs = Math.round(ms);
  }

  look(scene: Scene): void {
    this.#show(stateOf(scene), chipsOf(scene));
  }

  left(): void {
    this.#show({ kind: 'left' }, []);
  }

  #show(state: PanelFace['state'], people: PanelFace['people']): void {
    const last = this.#lastAnswerMs;
    const { engine, panels } = this.#parts;
    const face = { state, people, ...(last !== undefined && { lastAnswerMs: last }), engine };
    const shown = JSON.stringify(face);
    if (shown === this.#shown) return;
    this.#shown = shown;
    panels.show(this.#guildId, face);
  }
}

/** A pause comes first: whoever pressed the button has to see that it worked. */
function stateOf({
  channelName,
  people,
  gate,
  talking,
  current,
  sounds,
}: Scene): PanelFace['state'] {
  if (gate.paused) return { kind: 'paused' };
  if (current && !sounds) return { kind: 'thinking' };
  if (current?.kind === 'question') return { kind: 'speaking', name: current.said.name };
  if (current) return { kind: 'speaking', name: channelName };
  const talker = people.find(({ id }) => talking.includes(id));
  return talker ? { kind: 'hearing', name: talker.name } : { kind: 'listening' };
}

function chipsOf({ people, gate }: Scene): PanelFace['people'] {
  return people
    .filter(({ isBot }) => !isBot)
    .map(({ id, name }) => ({ name, heard: gate.standing(id) }));
}
