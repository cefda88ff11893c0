import { admit } from '#src/base/admitted.ts';
import type { GuildId, PersonId } from '#src/base/ids.ts';
import { isHeardConsent } from '#src/people/consent.ts';
import type {
  AdmittedContent,
  ContentAuthor,
  MessageContent,
  SealedContent,
} from '#src/ports/authored-content.ts';
import type { Asker, QuestionSubject } from '#src/ports/command-ports.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { Wish } from '#src/turn/overlap/interjections.ts';
import type { ServerSessions } from './voice-sessions.ts';

/**
 * Use of a message. `words` takes the text alone. `voice` also takes pictures and a recording, in which the author
 * speaks. `file` is a sound file that the author hands over with the question.
 */
export type ContentUse = 'words' | 'voice' | 'file';

/** A message, its author, and the way in which its content is used. */
export type ContentRequest = {
  readonly author: ContentAuthor;
  readonly content: SealedContent;
  readonly use: ContentUse;
  /** Somebody else asks about the message. */
  readonly isPicked?: true;
};

/** Files and a link that a person hands over with a question. */
export type OwnFiles = Pick<QuestionSubject, 'recording' | 'link' | 'pictures'>;

/** Reason why the content of a message is not used. `unread` means that a no may be unknown now. */
export type AuthorRefusal =
  | 'no'
  | 'blocked'
  | 'unread'
  | 'unheard'
  | 'paused'
  | 'forwarded'
  | 'link';

export type Admission =
  | { readonly kind: 'admitted'; readonly content: AdmittedContent }
  | {
      readonly kind: 'refused';
      readonly reason: AuthorRefusal;
      readonly line: TextLine;
    };

/** Facts about the author of a message, as far as they are known now. */
type AuthorFacts = {
  readonly isLoaded: boolean;
  readonly hasRefused: boolean;
  readonly isBlocked: boolean;
  readonly isHeard: boolean;
  readonly isPaused: boolean;
};

const refusalLines: Readonly<Record<AuthorRefusal, TextLine>> = {
  no: { id: 'read.refused' },
  blocked: { id: 'read.refused.blocked' },
  unread: { id: 'read.refused.unread' },
  unheard: { id: 'read.refused.unheard' },
  paused: { id: 'privacy.paused' },
  forwarded: { id: 'read.refused.forwarded' },
  link: { id: 'read.refused.link' },
};

/**
 * The only door by which words and files of messages enter. It asks the consent of their author, in a session or
 * without one.
 *
 * @example
 * import type { GuildId } from '#src/base/ids.ts';
 * import type { ContentRequest, MessageAuthors } from '#src/sessions/message-authors.ts';
 *
 * declare const authors: MessageAuthors;
 * declare const [guildId, request]: [GuildId, ContentRequest];
 * const admission = await authors.admit(guildId, request);
 * admission.kind === 'admitted' ? admission.content.text : admission.line;
 */
export class MessageAuthors {
  readonly #sessions: Pick<ServerSessions, 'consents' | 'findSession' | 'settings'>;

  constructor(sessions: Pick<ServerSessions, 'consents' | 'findSession' | 'settings'>) {
    this.#sessions = sessions;
  }

  /** Opens the content of a message if its author allows this use. Loads stored answers first. Never throws. */
  async admit(guildId: GuildId, request: ContentRequest): Promise<Admission> {
    await this.#load(guildId);
    const { author, content: sealedContent, isPicked, use } = request;
    const { text, ...files } = openContent(sealedContent);
    const content = { ...files, text: text.trim() };
    const isQuoted = isPicked === true || content.isForwarded === true;
    const used = use === 'words' ? { ...content, recording: undefined } : content;
    const findReason = () => this.#findReason(guildId, author.id, used, use);
    return this.#toAdmission(guildId, { ...used, author, isQuoted }, findReason);
  }

  /** Admits files that a person hands over by a command or a program. Never throws. */
  async admitFiles(
    guildId: GuildId,
    { id, isProgram, name }: Asker,
    { link, pictures, recording }: OwnFiles,
  ): Promise<Admission> {
    if (link !== undefined && isMessageFile(link)) return refuse('link');
    // The rest of a link may be a secret.
    const linked = link && { url: link, name: URL.parse(link)?.hostname ?? '' };
    const sound = linked || recording;
    const content = { text: '', pictures, recording: sound };
    await this.#load(guildId);
    const findReason = () =>
      // Typed words of a person are answered after a no, and so are pictures. Sound is not heard.
      isProgram || !sound ? undefined : this.#findReason(guildId, id, content, 'file');
    const owned = { ...content, author: { id, name }, isQuoted: false };
    return this.#toAdmission(guildId, owned, findReason);
  }

  #findReason(
    guildId: GuildId,
    personId: PersonId,
    content: MessageContent,
    use: ContentUse,
  ): AuthorRefusal | undefined {
    const facts = this.#getFacts(guildId, personId);
    if (facts.hasRefused) return 'no';
    if (facts.isBlocked) return 'blocked';
    if (!facts.isLoaded) return 'unread';
    if (!content.recording) return undefined;
    // Nobody can be asked about a voice without an author.
    if (content.isForwarded) return 'forwarded';
    if (use === 'file') return undefined;
    if (!facts.isHeard) return 'unheard';
    return facts.isPaused ? 'paused' : undefined;
  }

  #getFacts(guildId: GuildId, personId: PersonId): AuthorFacts {
    const { consents, settings } = this.#sessions;
    const session = this.#sessions.findSession(guildId);
    const choices = consents.getChoices(guildId);
    const isBlocked = settings.getForGuild(guildId).blockedIds.includes(personId);
    const hasRefused = choices.hasRefused(personId);
    if (!session)
      return {
        isLoaded: settings.isLoaded(guildId) && choices.isLoaded,
        hasRefused,
        isBlocked,
        isHeard: choices.findConsent(personId)?.kind === 'always',
        isPaused: false,
      };
    const { consent } = session;
    const answer = consent.getConsent(personId);
    // People elsewhere were not told of the policy.
    const isTold = answer !== 'policy' || session.isHere(personId);
    return {
      isLoaded: consent.isLoaded,
      hasRefused: hasRefused || consent.hasSaidNo(personId),
      isBlocked,
      isHeard: isTold && isHeardConsent(answer),
      isPaused: consent.isPaused,
    };
  }

  #toAdmission(
    guildId: GuildId,
    content: OpenedContent,
    findReason: () => AuthorRefusal | undefined,
  ): Admission {
    const reason = findReason();
    if (reason) return refuse(reason);
    const choices = this.#sessions.consents.getChoices(guildId);
    const withdrawal = choices.getWithdrawal(content.author.id);
    const findRefusal = () => {
      if (withdrawal.aborted) return refusalLines.no;
      // Another question may have the answers read anew just now. A no aborts the signal all the same.
      const later = choices.isLoaded ? findReason() : undefined;
      return later && refusalLines[later];
    };
    const { pictures, recording, ...rest } = content;
    const files = {
      recording: recording && admit('author', recording),
      pictures: pictures?.map((picture) => admit('author', picture)),
    };
    return {
      kind: 'admitted',
      content: admit('author', { ...rest, ...files, withdrawal, findRefusal }),
    };
  }

  async #load(guildId: GuildId) {
    if (this.#sessions.findSession(guildId)) return;
    const { consents, settings } = this.#sessions;
    await Promise.all([settings.loadGuild(guildId), consents.loadChoices(guildId)]);
  }
}

type OpenedContent = MessageContent & Pick<AdmittedContent, 'author' | 'isQuoted'>;

/**
 * Finds a stop, a no or another wish in the author's own words, which is taken from everybody. The words reach nothing
 * else.
 */
export function findTypedWish(
  content: SealedContent,
  findWish: (text: string) => Wish | undefined,
): Wish | undefined {
  const { isForwarded, text } = openContent(content);
  return isForwarded ? undefined : findWish(text);
}

function openContent(content: SealedContent) {
  return content as unknown as MessageContent;
}

function refuse(reason: AuthorRefusal): Admission {
  return { kind: 'refused', reason, line: refusalLines[reason] };
}

/** Tests for a link to a file of a message, whose author is not known. */
function isMessageFile(link: string) {
  const { hostname = '', pathname = '' } = URL.parse(link) ?? {};
  return (
    /(^|\.)discord(app)?\.(com|net)$/.test(hostname) &&
    /^\/attachments\//.test(pathname)
  );
}
