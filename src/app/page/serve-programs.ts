import { realClock } from '#src/base/clock.ts';
import { admitSetting } from '#src/base/logged-text.ts';
import { keepServer } from '#src/base/loops/keep-server.ts';
import type { Config } from '#src/config/config.ts';
import type { Log } from '#src/ops/log.ts';
import type { AccessSource } from '#src/web/api/authorise.ts';
import type { OpenDoorsOptions } from '#src/web/http/doors.ts';

export async function openProgramDoor(
  access: AccessSource['access'],
  onBug: (error: unknown) => void,
): Promise<Pick<OpenDoorsOptions, 'maxBodyBytes' | 'onBug' | 'routes'>> {
  // These modules load only if programs are served.
  const { getBodyLimitBytes, createApi } = await import('#src/web/api/api.ts');
  const api = createApi({ access, clock: realClock, onBug });
  return {
    maxBodyBytes: getBodyLimitBytes,
    onBug,
    routes: (app) => void app.route('/', api),
  };
}

/** Serves programs once the port is free. The bot goes on without it. */
export async function servePrograms(
  { page }: Config,
  log: Log,
  access: AccessSource['access'],
): Promise<AsyncDisposable | undefined> {
  if (!page) return undefined;
  const { openDoors } = await import('#src/web/http/doors.ts');
  const door = await openProgramDoor(access, (err) =>
    log.error({ err }, 'http: a request of a program failed'),
  );
  return await keepServer(
    () => openDoors({ ...page, ...door }),
    realClock,
    (news) => {
      if (news.kind === 'refused') log.warn(admitSetting(news.why));
      else
        log.info(
          { url: admitSetting(news.server.url.href) },
          'http: programs find the bot at /v1',
        );
    },
  );
}
