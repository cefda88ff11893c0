import type { BotError } from '#src/base/errors.ts';
import type { LoggedText } from '#src/base/logged-text.ts';

/** Roles of servers, as sentences name them. */
export const providerRoles = ['speech to text', 'chat', 'text to speech'] as const;
export type ProviderRole = (typeof providerRoles)[number];

/** News about a server, for log, metrics and operator. `mended` ends a `failed`. */
export type ProviderEvent =
  | {
      readonly kind: 'failed';
      readonly role: ProviderRole;
      readonly provider: LoggedText;
      readonly code: BotError['code'];
      readonly message: LoggedText;
      /** For the log, which leaves out quotations. */
      readonly cause?: unknown;
    }
  /** The server does something wrong that is corrected here. `mend` is the remedy. */
  | {
      readonly kind: 'habit';
      readonly role: ProviderRole;
      readonly provider: LoggedText;
      readonly what: LoggedText;
      readonly mend: LoggedText;
    }
  | {
      readonly kind: 'mended';
      readonly role: ProviderRole;
      readonly provider: LoggedText;
    }
  | {
      readonly kind: 'fallback-on';
      readonly role: ProviderRole;
      readonly from: LoggedText;
      readonly to: LoggedText;
    }
  | {
      readonly kind: 'fallback-off';
      readonly role: ProviderRole;
      readonly back: LoggedText;
    };
