import { parseDateMs } from '#src/base/clock.ts';
import { openClient } from '#src/provider/api-client.ts';
import table from './model-endings.json' with { type: 'json' };
import { listModels } from './model-list.ts';
import { isOpenAi, type ModelInUse, removeSnapshotDate } from './standard-models.ts';

const endingNoticeMs = 60 * 86_400_000;

/** A model that ends, as clauses of a sentence for the operator. */
export type ModelEnding = {
  /** Tells the day of the end. */
  readonly why: string;
  /** Tells the successor. */
  readonly mend: string;
};

/**
 * Finds models that end within 60 days or have ended, with their successors.
 *
 * A date in the server's own list wins. Once `signal` is aborted, no server is asked. Never rejects.
 */
export async function findModelEndings(
  models: readonly ModelInUse[],
  wallMs: number,
  signal: AbortSignal,
): Promise<readonly ModelEnding[]> {
  const endings = models.map(async (inUse) => {
    const row = findEndingRow(inUse);
    const endsOn = (await fetchListedEnd(inUse, signal)) ?? row?.endsOn ?? '';
    const leftMs = parseDateMs(endsOn) - wallMs;
    if (!(leftMs <= endingNoticeMs)) return [];
    const verb = leftMs > 0 ? 'ends' : 'ended';
    const why = `the model ${inUse.model} (${inUse.role}) ${verb} on ${endsOn}`;
    return [{ why, mend: `set ${row?.successor ?? 'another model'} in its place` }];
  });
  return (await Promise.all(endings)).flat();
}

function findEndingRow({ model, baseUrl }: ModelInUse) {
  // At another provider a model of the same name need not end.
  if (!isOpenAi(baseUrl)) return undefined;
  // Rows are sorted by date, as a snapshot may end before its model.
  return table.find(
    (row) =>
      row.models.includes(model) || row.models.includes(removeSnapshotDate(model)),
  );
}

async function fetchListedEnd({ model, ...server }: ModelInUse, signal: AbortSignal) {
  // An engine from outside has no address.
  if (server.baseUrl === '') return undefined;
  const baseUrl = server.baseUrl.replace(/^ws/, 'http');
  const list = await listModels(openClient({ ...server, baseUrl }), signal);
  if (list.kind !== 'listed') return undefined;
  return list.models.find(({ id }) => id === model)?.endsOn;
}
