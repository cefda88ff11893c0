import type { BotError } from '#src/base/errors.ts';

/** Roles of servers, as sentences name them. */
export const providerRoles = ['speech to text', 'chat', 'text to speech'] as const;
export type ProviderRole = (typeof providerRoles)[number];

/** News about a server, for log, metrics and operator. `mended` ends a `failed`. */
export type ProviderEvent =
  | {
      readonly kind: 'failed';
      readonly role: ProviderRole;
      readonly provider: string;
      readonly code: BotError['code'];
      readonly message: string;
      /** For the log, which leaves out quotations. */
      readonly cause?: unknown;
    }
  /** The server does something wrong that is corrected here. `mend` is the remedy. */
  | {
      readonly kind: 'habit';
      readonly role: ProviderRole;
      readonly provider: string;
      readonly what: string;
      readonly mend: string;
    }
  | { readonly kind: 'mended'; readonly role: ProviderRole; readonly provider: string }
  | {
      readonly kind: 'fallback-on';
      readonly role: ProviderRole;
      readonly from: string;
      readonly to: string;
    }
  | {
      readonly kind: 'fallback-off';
      readonly role: ProviderRole;
      readonly back: string;
    };
