import { streamSSE } from 'hono/streaming';
import { z } from 'zod';
import { foreignJson, type JsonLimits } from '#src/base/json.ts';
import type { PageLinks } from '#src/conversation/ports/command-ports.ts';
import type { VoiceSession } from '#src/conversation/voice-session.ts';
import type {
  CaptionPagePasses,
  LineStream,
  PassEnd,
} from '#src/features/captions/caption-page-passes.ts';
import { SessionCaptions } from '#src/features/captions/session-captions.ts';
import { builtInLocales } from '#src/texts/locales.ts';
import { localeOf, type PlainTextId, text } from '#src/texts/texts.ts';
import type { EntryLinks } from '#src/web/http/entry-links.ts';
import { refuse } from '#src/web/http/refusal.ts';
import { onlyFor, type PageApp, type PageViewer, viewerOf } from '#src/web/http/viewer.ts';

/** Holder of a pass to the captions of one channel. */
export type Participant = Extract<PageViewer, { kind: 'participant' }>;

export type ParticipantPageOptions = {
  /** Wherever the bot sits now; undefined until it runs. */
  sessions(): readonly VoiceSession[] | undefined;
  /** Whether it has an https address: otherwise there are no links. */
  readonly isReachedByLink: boolean;
};

/** Texts of the page. */
const textIds = [
  ...(['page.title', 'page.waiting', 'page.connecting', 'page.lost', 'page.ended'] as const),
  ...(['page.ended.off', 'page.ended.rights', 'page.ended.forgotten'] as const),
  ...(['page.ended.replaced', 'page.ended.tab', 'page.ended.full', 'page.ended.rate'] as const),
  ...(['page.translation', 'page.translation.none', 'transcript.somebody'] as const),
  ...(['transcript.not_understood', 'transcript.stopped'] as const),
] satisfies readonly PlainTextId[];

/** Languages that a reader may choose for translations, BCP 47. */
const languages: readonly string[] = builtInLocales;
const languageBody = z.object({ language: z.string().nullable() });
const languageLimits: JsonLimits = {
  bytes: 256,
  depth: 2,
  values: 4,
  elements: 4,
  stringBytes: 32,
  keyBytes: 32,
};

/** The page on which a participant reads captions: its links, its texts, and a stream of the lines that this person may know. */
export class ParticipantPage implements Pick<PageLinks, 'captionsLink'> {
  readonly #options: ParticipantPageOptions;
  #links: Pick<EntryLinks, 'create'> | undefined;

  constructor(options: ParticipantPageOptions) {
    this.#options = options;
  }

  /** The page has an address now. */
  open(links: Pick<EntryLinks, 'create'>): void {
    this.#links = links;
  }

  /** The language stands in the fragment, too, so that a link that does not work is explained in it. */
  captionsLink: PageLinks['captionsLink'] = ({ channelId, guildId, id, personId }, locale) => {
    if (!this.#options.isReachedByLink) return undefined;
    const viewer = { guildId, channelId, userId: personId, passId: id, locale };
    const link = this.#links?.create({ kind: 'participant', ...viewer });
    if (link) link.hash = `${link.hash.slice(1)}&lang=${locale}`;
    return link?.href;
  };

  /** Whether the pass holds, by the rights of this moment. */
  async isCurrent(viewer: Participant): Promise<boolean> {
    return (await this.#passesOf(viewer)?.holds(viewer.userId, viewer.passId)) === true;
  }

  /**
   * Adds `GET /captions/texts/LOCALE` for all, and for participants `POST /captions/language` (BCP 47 or null) and
   * `GET /captions/events`: Server-Sent Events `pass`, `lines`, `alive` and `ended`.
   */
  routes(app: PageApp): void {
    app.get('/captions/texts/:locale', (context) => {
      const locale = localeOf(context.req.param('locale'));
      const texts = Object.fromEntries(textIds.map((id) => [id, text(id, {}, locale)]));
      return context.json({ locale, texts, languages });
    });
    app.get('/captions/events', onlyFor('participant'), (context) => {
      const viewer = participant(viewerOf(context));
      if (!context.get('door').isPublic) return refuse(context, notPublic);
      context.header('x-accel-buffering', 'no'); // nginx would hold lines back
      return streamSSE(context, async (stream) => {
        const over = Promise.withResolvers<PassEnd | undefined>();
        stream.onAbort(() => over.resolve(undefined));
        await stream.writeSSE({ event: 'pass', data: viewer.passId, retry: retryMs });
        using _watching = this.#watch(viewer, {
          locale: localeOf(viewer.locale),
          send: (event, data) => stream.writeSSE({ event, data }),
          end: over.resolve,
        });
        const why = await over.promise;
        if (why !== undefined) await stream.writeSSE({ event: 'ended', data: why });
      });
    });
    app.post('/captions/language', onlyFor('participant'), async (context) => {
      const viewer = participant(viewerOf(context));
      if (!context.get('door').isPublic) return refuse(context, notPublic);
      const bytes = new Uint8Array(await context.req.arrayBuffer());
      const body = languageBody.safeParse(foreignJson(bytes, languageLimits));
      const language = body.success ? (body.data.language ?? undefined) : '';
      if (language !== undefined && !languages.includes(language))
        return refuse(context, noLanguage);
      const isSet = this.#passesOf(viewer)?.translate(viewer.userId, viewer.passId, language);
      return context.json({ outcome: isSet ? 'set' : 'ended' });
    });
  }

  #watch(viewer: Participant, stream: LineStream): Disposable | undefined {
    const passes = this.#passesOf(viewer);
    if (!passes) stream.end('off');
    return passes?.watch(viewer.userId, viewer.passId, stream);
  }

  #passesOf({ channelId, guildId }: Participant): CaptionPagePasses | undefined {
    return this.#options
      .sessions()
      ?.find(({ channel }) => channel.guildId === guildId && channel.channelId === channelId)
      ?.context.features.of(SessionCaptions).passes;
  }
}

/** Time, in ms, after which a browser opens a stream anew that it has lost. */
const retryMs = 1_000;

/** Viewer of a participant's route: it stands behind `onlyFor`, so anything else is a bug. */
function participant(viewer: PageViewer | undefined): Participant {
  if (viewer?.kind !== 'participant') throw new Error('a viewer of another kind came to captions');
  return viewer;
}

const notPublic = {
  status: 403,
  code: 'page.not_public',
  message: 'Captions are shown at the https address in PAGE_URL only.',
} as const;

const noLanguage = {
  status: 400,
  code: 'page.no_language',
  message: `Choose one of ${languages.join(', ')}, or null.`,
} as const;
