import type { IdentifyThrottle } from './identify-limits.ts';
import type { GatewayLimits, OwnedShard, ShardHost, ShardOwnership } from './ownership.ts';

/** All shards for one process, which is alone. */
export class LocalShards implements ShardOwnership {
  readonly #count: number;
  readonly #recommendedCount: number;
  readonly #throttle: IdentifyThrottle;

  /** `wanted`: number of shards, or as many as Discord recommends. */
  constructor(wanted: number | 'auto', limits: GatewayLimits, throttle: IdentifyThrottle) {
    this.#count = wanted === 'auto' ? limits.recommendedShards : wanted;
    this.#recommendedCount = limits.recommendedShards;
    this.#throttle = throttle;
  }

  async open(host: ShardHost): Promise<void> {
    const ids = Array.from({ length: this.#count }, (_, id) => id);
    await Promise.all(ids.map((id) => host.start(this.#shard(id))));
  }

  isSpare(): boolean {
    return false;
  }

  ownerOf(): undefined {
    return undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #shard(id: number): OwnedShard {
    return {
      id,
      count: this.#count,
      recommendedCount: this.#recommendedCount,
      waitToIdentify: (signal) => this.#throttle.wait(id, signal),
    };
  }
}
