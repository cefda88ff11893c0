import type { Meters } from './meters.ts';

/** Counts outcomes of requests to speech and chat servers; labels are words of ours, never hosts. */
export class ProviderMetrics {
  readonly failures;
  readonly fallbacks;
  /** Roles that use a fallback. */
  readonly down = new Set<string>();

  constructor(meters: Meters) {
    this.failures = meters.counter(
      'provider_failures',
      'Requests to servers that failed, by role and error code.',
      ['role', 'code'],
    );
    this.fallbacks = meters.counter(
      'provider_fallbacks',
      'Switches to a fallback server, by role.',
      ['role'],
    );
    meters.gauge(
      'provider_roles_down',
      'Roles that use a fallback instead of their first server.',
      () => this.down.size,
    );
  }
}
