import { writeToPeople } from '#src/conversation/alerts/say-or-write.ts';
import { spokenLocale, spokenText } from '#src/conversation/languages/localized-text.ts';
import { answerMediumFor } from '#src/conversation/output/answer-medium.ts';
import { namePrefix } from '#src/conversation/output/spoken-name-prefix.ts';
import type { ChannelMember } from '#src/conversation/ports/voice-link.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import { openText } from '#src/people/confidential-text.ts';
import {
  isGathering,
  type JoinsState,
  joinsFrom,
  stepJoins,
} from '#src/people/join-announcements.ts';

/** Longest wait for a pause, in ms: later everybody knows. */
const longestPauseWaitMs = 15_000;
/** Names that are said; of more people only the number is. */
const mostNames = 3;

/** Says who has joined, where the server wants that and another person is there to hear it. */
export class MemberJoinAnnouncer {
  readonly #context: SessionContext;
  #joins: JoinsState;

  constructor(context: SessionContext) {
    this.#context = context;
    this.#joins = joinsFrom(humansIn(context).map(({ id }) => id));
  }

  /** It is to be called again soon. */
  get isWaiting(): boolean {
    return isGathering(this.#joins);
  }

  /** To be called now and then. */
  check(): void {
    const { gate, parts, spokenNotices, settings } = this.#context;
    const { announce } = settings();
    const [joins, announcedIds] = stepJoins(this.#joins, {
      atMs: parts.clock.nowMs(),
      hereIds: humansIn(this.#context).map(({ id }) => id),
      mayAnnounce: (id) => announce && gate.standing(id) === 'yes',
    });
    this.#joins = joins;
    if (announce && this.isWaiting) this.#learnNames();
    if (announcedIds.length === 0) return;
    this.#write(announcedIds);
    spokenNotices.put({
      words: () => this.#words(announcedIds),
      language: spokenLocale(this.#context.channel.guildId, parts),
      aboutIds: announcedIds,
      longestWaitMs: longestPauseWaitMs,
      ended: () => undefined,
    });
  }

  /** For those who hear nothing, or chose written answers. */
  #write(announcedIds: readonly string[]): void {
    const readers = humansIn(this.#context).filter(
      ({ id }) => !announcedIds.includes(id) && answerMediumFor(id, this.#context) !== 'aloud',
    );
    const words = readers.length > 0 ? this.#words(announcedIds) : '';
    if (words !== '')
      writeToPeople(
        readers.map(({ id }) => id),
        openText(words),
        this.#context,
      );
  }

  /** Loads the names by which the people there are called. */
  #learnNames(): void {
    const { channel, parts } = this.#context;
    for (const { id } of humansIn(this.#context))
      void parts.peopleSettings.load(channel.guildId, id);
  }

  /** Announcement of people who are still there and may still be announced; empty where no other person is there to hear it. */
  #words(announcedIds: readonly string[]): string {
    const { channel, gate, parts } = this.#context;
    const humans = humansIn(this.#context);
    const announced = humans.filter(
      ({ id }) => announcedIds.includes(id) && gate.standing(id) === 'yes',
    );
    if (announced.length === 0 || announced.length === humans.length) return '';
    const names = namePrefix(announced.slice(0, mostNames), this.#context, undefined);
    if (names === '') return '';
    const n = announced.length - mostNames;
    const line = n > 0 ? ({ id: 'announce.joined.more', with: { names, n } } as const) : undefined;
    return spokenText(line ?? { id: 'announce.joined', with: { names } }, channel.guildId, parts);
  }
}

function humansIn({ people }: SessionContext): readonly ChannelMember[] {
  return people().filter(({ isBot }) => !isBot);
}
