import { shardRegistryContract } from '#test/contracts/shard-registry.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { SimulatedDatabase, SimulatedRegistry } from './simulated-registry.ts';

shardRegistryContract('simulated', async () => {
  const clock = new VirtualClock();
  const leaseMs = 400;
  const database = new SimulatedDatabase(clock, leaseMs);
  return {
    process: (id) => new SimulatedRegistry(database, id),
    leaseMs,
    pass: (ms) => clock.advance(ms),
    [Symbol.asyncDispose]: async () => undefined,
  };
});
