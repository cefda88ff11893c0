// The sandbox's page asks for it: finds and connects models. One order on stdin, one outcome on stdout, both JSON. A key is in neither log nor arguments.
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { realClock } from '#src/base/clock.ts';
import { readEnvironment } from '#src/config/config.ts';
import {
  connectLocalModel,
  connectModel,
  findChoices,
  removeConnectedModel,
} from './connect-model.ts';
import { vendors } from './vendors.ts';

const orderSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('find') }),
  z.object({
    kind: z.literal('connect'),
    vendor: z.string(),
    model: z.string().optional(),
    key: z.string().optional(),
  }),
  z.object({ kind: z.literal('use-local'), name: z.string() }),
  z.object({ kind: z.literal('remove-local') }),
]);

const order = orderSchema.parse(JSON.parse(await text(process.stdin)));
const environment = readEnvironment();
const deps = { vendors, clock: realClock, environment, envPath: '.env' };
const outcome = await perform();
process.stdout.write(JSON.stringify(outcome), () => process.exit(0));

async function perform() {
  switch (order.kind) {
    case 'find':
      return await findChoices(deps);
    case 'connect':
      return await connectModel(order, deps);
    case 'use-local':
      return await connectLocalModel(order.name, deps);
    case 'remove-local':
      return await removeConnectedModel(deps);
  }
}
