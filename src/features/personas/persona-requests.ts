import { randomUUID } from 'node:crypto';
import { BotError } from '#src/base/errors.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import { type Persona, personaKeyOf } from '#src/conversation/settings/persona.ts';
import {
  type BotChoice,
  choiceIn,
  identityIn,
  personaIn,
  personasIn,
  placesOf,
} from '#src/conversation/settings/persona-choice.ts';
import { botVoices } from '#src/conversation/settings/settings-with-persona.ts';
import { rightsFactsOf } from '#src/conversation/tools/person-rights-facts.ts';
import type { VoiceSession } from '#src/conversation/voice-session.ts';
import type { VoiceSessions } from '#src/conversation/voice-sessions.ts';
import { holds } from '#src/people/rights.ts';
import type { FileReader, SoundFile } from '#src/sources/fetch/ports.ts';
import { isVoiceAmong } from '#src/speech/voice-names.ts';
import { type PersonaFileResult, personaFileLimits, readPersonaFile } from './persona-file.ts';
import type {
  BotStyleRequest,
  ChoiceOutcome,
  PersonaCaller,
  PersonaSaving,
} from './persona-outcomes.ts';

/** A switch after which people still have to choose what becomes of the conversation. */
type OpenQuestion = { readonly id: string; readonly session: VoiceSession };

/** Limit of suggestions in Discord. */
const mostPersonas = 25;

/** Requests about the personas of servers, and about the persona and voice of the bot in each server or channel. */
export class PersonaRequests {
  readonly #files: FileReader;
  readonly #parts: SessionDependencies;
  readonly #sessions: VoiceSessions;
  readonly #signal: AbortSignal;
  /** By server: the newest. */
  readonly #questions = new Map<string, OpenQuestion>();

  /** Aborting `signal` ends what is being fetched. */
  constructor(
    parts: SessionDependencies,
    sessions: VoiceSessions,
    files: FileReader,
    signal: AbortSignal,
  ) {
    this.#files = files;
    this.#parts = parts;
    this.#sessions = sessions;
    this.#signal = signal;
  }

  /** Names of the personas of a server, sorted; those that could not be read are missing. */
  async names(guildId: string): Promise<readonly string[]> {
    return personasIn(await this.#stored(guildId)).map(({ name }) => name);
  }

  /** A persona by its name, however it is written. */
  async find(guildId: string, name: string): Promise<Persona | undefined> {
    return personaIn(await this.#stored(guildId), name);
  }

  /** Applies from the next answer on: an answer that has begun ends as it began. */
  async choose(caller: PersonaCaller, request: BotStyleRequest): Promise<ChoiceOutcome> {
    const { guildId } = caller;
    const before = await this.#stored(guildId);
    const session = this.#sessions.session(guildId);
    if (!mayChoose(caller, session)) return { kind: 'denied' };
    if (request.place === 'channel' && !session) return { kind: 'nowhere' };
    const obstacle = this.#obstacle(before, request);
    if (obstacle) return obstacle;
    const channel = request.place === 'channel' ? session?.channel : undefined;
    const choice = changed(choiceIn(before, channel?.channelId), request);
    const { settings } = this.#sessions;
    const isAsked = request.persona === undefined && request.voice === undefined;
    const saved = isAsked || (await settings.chooseBot(guildId, channel?.channelId, choice));
    const questionId = this.#switched(guildId, before);
    const { persona, voice } = identityIn(settings.stored(guildId), channel?.channelId);
    const heard = voice ?? persona?.voice;
    return {
      kind: 'chosen',
      saved,
      ...(persona && { persona: persona.name }),
      ...(heard !== undefined && { voice: heard }),
      ...(channel && { channel: channel.name }),
      ...(questionId !== undefined && { questionId }),
    };
  }

  /** Answers the question of a switch; accepted once, from a person who may switch. */
  settle(
    caller: PersonaCaller,
    questionId: string,
    what: 'keep' | 'clear',
  ): 'kept' | 'cleared' | 'over' | 'denied' {
    const question = this.#questions.get(caller.guildId);
    const session = this.#sessions.session(caller.guildId);
    if (!mayChoose(caller, session)) return 'denied';
    if (!question || question.id !== questionId || question.session !== session) return 'over';
    this.#questions.delete(caller.guildId);
    if (what === 'keep') return 'kept';
    session.context.history.clear();
    session.context.features.cleared();
    session.context.pipeline.forget();
    return 'cleared';
  }

  /** Stores a persona under its name, in place of the one named `former`, if that is given. */
  async save(guildId: string, persona: Persona, former?: string): Promise<PersonaSaving> {
    const before = await this.#stored(guildId);
    const replaced = former ?? persona.name;
    const isNew = personaIn(before, replaced) === undefined;
    if (isNew && personasIn(before).length >= mostPersonas)
      return { kind: 'full', limit: mostPersonas };
    const brains = this.#sessions.settings.brainsIn(guildId);
    if (persona.brain !== undefined && !brains.has(persona.brain))
      return { kind: 'unknown-brain', name: persona.brain, known: [...brains.keys()] };
    const voices = [persona.voice, ...Object.values(persona.voices ?? {})];
    const unknown = voices.find((one) => one !== undefined && !this.#isVoice(one));
    if (unknown !== undefined)
      return { kind: 'unknown-voice', name: unknown, known: botVoices(this.#parts) };
    const { settings } = this.#sessions;
    const writes = [settings.setPersona(guildId, persona.name, persona)];
    if (personaKeyOf(replaced) !== personaKeyOf(persona.name)) {
      for (const place of placesOf(before, replaced)) {
        const choice = { ...choiceIn(before, place), persona: personaKeyOf(persona.name) };
        writes.push(settings.chooseBot(guildId, place, choice));
      }
      writes.push(settings.setPersona(guildId, replaced, undefined));
    }
    const saved = (await Promise.all(writes)).every((one) => one);
    this.#switched(guildId, before);
    return { kind: 'saved', saved };
  }

  /** `saved`: also for a process that starts again. */
  async remove(
    guildId: string,
    name: string,
  ): Promise<{ readonly kind: 'removed'; readonly saved: boolean } | { readonly kind: 'unknown' }> {
    const before = await this.#stored(guildId);
    if (!personaIn(before, name)) return { kind: 'unknown' };
    const saved = await this.#sessions.settings.setPersona(guildId, name, undefined);
    this.#switched(guildId, before);
    return { kind: 'removed', saved };
  }

  /** Reads the persona in a file that a person sent. Stores nothing. */
  async readFile(file: SoundFile): Promise<PersonaFileResult | { readonly kind: 'unreachable' }> {
    try {
      const bytes = await this.#files.read(file, personaFileLimits.bytes, this.#signal);
      return readPersonaFile(bytes);
    } catch (error) {
      if (!(error instanceof BotError)) throw error;
      if (error.code !== 'source.too_big') return { kind: 'unreachable' };
      return { kind: 'fault', fault: { kind: 'too-big' } };
    }
  }

  async #stored(guildId: string): Promise<ReadonlyMap<string, string>> {
    const { settings } = this.#sessions;
    await Promise.all([settings.load(guildId), this.#parts.voices.load()]);
    return settings.stored(guildId);
  }

  #obstacle(
    stored: ReadonlyMap<string, string>,
    { persona, voice }: BotStyleRequest,
  ): ChoiceOutcome | undefined {
    if (typeof persona === 'string' && !personaIn(stored, persona)) {
      const known = personasIn(stored).map(({ name }) => name);
      return { kind: 'unknown-persona', known };
    }
    return typeof voice === 'string' && !this.#isVoice(voice)
      ? { kind: 'unknown-voice', known: botVoices(this.#parts) }
      : undefined;
  }

  #isVoice(name: string): boolean {
    return isVoiceAmong(name, botVoices(this.#parts));
  }

  /**
   * Has the sessions answer as they are to from now on. Where the bot has another persona now and people have talked with it,
   * it is asked once what becomes of that.
   */
  #switched(guildId: string, before: ReadonlyMap<string, string>): string | undefined {
    const { settings } = this.#sessions;
    for (const session of this.#sessions.sessions(guildId)) session.govern();
    const session = this.#sessions.session(guildId);
    if (!session) return undefined;
    const { channelId } = session.channel;
    const [was, is] = [before, settings.stored(guildId)].map((set) => identityIn(set, channelId));
    if (JSON.stringify(was) === JSON.stringify(is)) return undefined;
    session.context.history.outdate();
    if (session.context.history.isEmpty || was?.persona?.name === is?.persona?.name)
      return undefined;
    const id = randomUUID();
    this.#questions.set(guildId, { id, session });
    return id;
  }
}

function mayChoose({ id, mayManage }: PersonaCaller, session: VoiceSession | undefined): boolean {
  return session ? holds('dj', rightsFactsOf(id, mayManage, session.context)) : mayManage;
}

/** Another persona comes with its own voice. */
function changed(before: BotChoice, { persona, voice }: BotStyleRequest): BotChoice {
  const key = typeof persona === 'string' ? personaKeyOf(persona) : persona;
  const kept = persona === undefined ? before.voice : undefined;
  return {
    persona: key === undefined ? before.persona : key,
    voice: voice === undefined ? kept : (voice ?? undefined),
  };
}
