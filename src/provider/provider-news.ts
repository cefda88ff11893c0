import type { BotError } from '#src/base/errors.ts';

/** Role of a server. */
export type ProviderRole = 'speech to text' | 'chat' | 'text to speech';

export type ProviderNews =
  /** One request failed. */
  | {
      readonly kind: 'failed';
      readonly role: ProviderRole;
      readonly provider: string;
      readonly code: BotError['code'];
      /** Sentence for the operator. */
      readonly message: string;
      /** Error for the log, which leaves out quotations. */
      readonly cause?: unknown;
    }
  /** A server does something wrong that is put right here; `mend` is what would mend it there. */
  | {
      readonly kind: 'habit';
      readonly role: ProviderRole;
      readonly provider: string;
      readonly what: string;
      readonly mend: string;
    }
  /** The first that did not fail after some that had. */
  | { readonly kind: 'mended'; readonly role: ProviderRole; readonly provider: string }
  | {
      readonly kind: 'fallback-on';
      readonly role: ProviderRole;
      readonly from: string;
      readonly to: string;
    }
  | { readonly kind: 'fallback-off'; readonly role: ProviderRole; readonly back: string };
