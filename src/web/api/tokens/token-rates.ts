import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { ApiRefusal } from '#src/web/api/refusal.ts';
import type { ApiToken } from './token-store.ts';

/** Requests with one token within a minute. */
const requestsPerToken = 300;
const windowS = 60;

/** Bounds how often each token asks, in this process. */
export class TokenRates {
  readonly #requests = new RateLimiterMemory({ points: requestsPerToken, duration: windowS });

  /** Counts a request. Errors: `ApiRefusal` 429 where the token asks too often. */
  async count({ name }: Pick<ApiToken, 'name'>): Promise<void> {
    try {
      await this.#requests.consume(name);
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      const retryAfterS = Math.ceil(error.msBeforeNext / 1_000);
      const message = `The token ${name} asks more than ${requestsPerToken} times a minute: try again in ${retryAfterS} s.`;
      throw new ApiRefusal({ status: 429, code: 'token.rate', message, retryAfterS });
    }
  }
}
