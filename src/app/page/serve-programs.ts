import packageJson from '#package.json' with { type: 'json' };
import { realClock } from '#src/base/clock.ts';
import type { AccessSource } from '#src/web/api/authorise.ts';
import type { PageParts } from './show-page.ts';

/** Serves programs at the address of the page; its modules are loaded only where there is one. */
export async function programDoor(
  access: AccessSource['access'],
  onBug: (error: unknown) => void,
): Promise<Pick<PageParts, 'mostBodyBytes'> & Required<Pick<PageParts, 'routes'>>> {
  const { apiBodyBytes, createApi } = await import('#src/web/api/api.ts');
  const { version } = packageJson;
  const api = createApi({ access, clock: realClock, version, onBug });
  return {
    mostBodyBytes: apiBodyBytes,
    routes: (app) => void app.route('/', api),
  };
}
