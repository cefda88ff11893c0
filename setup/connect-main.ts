// The sandbox's page asks for it: finds and connects models. One order on stdin, one outcome on stdout, both JSON. A key is in neither log nor arguments.
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { realClock } from '#src/base/clock.ts';
import { readEnvironment } from '#src/config/config.ts';
import { connectModel, findModels } from './connect-model.ts';
import { vendors } from './vendors.ts';

const orderSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('find') }),
  z.object({
    kind: z.literal('connect'),
    vendor: z.string(),
    model: z.string().optional(),
    key: z.string().optional(),
  }),
]);

const order = orderSchema.parse(JSON.parse(await text(process.stdin)));
const environment = readEnvironment();
const deps = { vendors, clock: realClock, environment, envPath: '.env' };
const outcome =
  order.kind === 'find' ? await findModels(deps) : await connectModel(order, deps);
process.stdout.write(JSON.stringify(outcome), () => process.exit(0));
