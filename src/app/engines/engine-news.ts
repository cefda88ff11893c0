import type { AlertChange, FeatureAlertChange } from '#src/base/alerts.ts';
import type { LoggedText } from '#src/base/logged-text.ts';
import type { LocalModelState } from '#src/chat/local/local-model-state.ts';
import type { ProviderEvent, ProviderRole } from '#src/provider/provider-event.ts';

export type EngineNews =
  | {
      readonly kind: 'ready';
      readonly role: ProviderRole;
      readonly what: LoggedText;
      /** The built-in engine. */
      readonly isLocal: boolean;
      /** Voice of a built-in engine. */
      readonly voice?: string | undefined;
      readonly tookMs: number;
    }
  /** The turn model did not judge a pause, or local ears left its words for later, to take no more than their share of the processor. */
  | { readonly kind: 'pause-skipped'; readonly work: 'judgement' | 'words' }
  /** A chat model of this machine is on its way, there, or cannot come. */
  | { readonly kind: 'local-model'; readonly state: LocalModelState }
  /** A background task of an engine fails, or works again. */
  | AlertChange
  /** A model ends within 60 days, or has ended. */
  | FeatureAlertChange
  /** Failing servers and their fallbacks. */
  | ProviderEvent;

export type OnEngineNews = (news: EngineNews) => void;
