import { mkdirSync, writeFileSync } from 'node:fs';
import { test } from 'vitest';
import { buttons } from '#commands/buttons.ts';
import { commands } from '#commands/commands.ts';
import { alerts } from '#src/base/alerts.ts';
import { errorCodes } from '#src/base/errors.ts';
import { settings } from '#src/config/settings.ts';
import { tables } from '#src/features/captions/store/transcript-tables.ts';
import { features, serverSettings, tools } from '#src/features/features.ts';
import { Metrics } from '#src/ops/metrics/metrics.ts';
import { storeParts } from '#src/storage/stores/store-parts.ts';
import { builtInLocales } from '#src/texts/locales.ts';
import { builtInTexts } from '#src/texts/tables.ts';
import { routes } from '#src/web/api/routes/routes.ts';

test('what there is', () => {
  const folder = `${process.env.RECORD_DIR}/inventory`;
  mkdirSync(folder, { recursive: true });
  const write = (name: string, all: readonly unknown[]) =>
    writeFileSync(
      `${folder}/${name}.txt`,
      all.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))).join('\n'),
    );
  const typed = commands.flatMap((one) =>
    'commands' in one
      ? one.commands.map((sub) => ({ ...sub, name: `${one.name} ${sub.name}` }))
      : [one],
  );
  write('commands', typed);
  write(
    'buttons',
    buttons.map(({ name, label }) => `${name} ${label}`),
  );
  write('settings', Object.keys(settings.shape));
  write(
    'server-settings',
    serverSettings.map(({ key }) => key),
  );
  write(
    'tools',
    tools.map((tool) => JSON.stringify(tool)),
  );
  write(
    'routes',
    routes.map((route) => JSON.stringify(route)),
  );
  write('alerts', [
    ...Object.keys(alerts),
    ...features.flatMap((one) => one.alerts ?? []).map(({ name }) => name),
  ]);
  write('error-codes', Object.keys(errorCodes));
  write(
    'tables',
    [...Object.values(storeParts).flatMap((part) => [...part.tables]), ...tables].map(
      ({ name, columns }) => `${name} ${Object.keys(columns)}`,
    ),
  );
  using metrics = new Metrics(
    () => true,
    '',
    features.flatMap(({ events }) => events ?? []),
  );
  write(
    'metrics',
    metrics.meters.registry.getMetricsAsArray().map(({ name, help }) => `${name} ${help}`),
  );
  for (const locale of builtInLocales)
    write(
      `texts-${locale}`,
      [...builtInTexts(locale)].map(([id, { text }]) => `${id}: ${text}`).toSorted(),
    );
});
