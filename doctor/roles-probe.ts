import { listModelsInUse } from '#src/config/models-in-use.ts';
import {
  type SpokenClip,
  toDifferingFinding,
  toOkFinding,
  tryProbe,
} from '#src/probes/probe.ts';
import { formatServerName } from '#src/provider/models/error-text.ts';
import type { RemoteServer } from '#src/provider/models/standard-models.ts';
import { findWasmRuntime } from '#src/speech/local/folders.ts';
import { loadRuntime } from '#src/speech/local/process/sessions.ts';
import type { DoctorProbe } from './doctor-probe.ts';
import type { ConfiguredRole } from './examine-role.ts';

/**
 * Examines roles with a server, and warns of models that end. With `--offline` no server is asked.
 */
export const rolesProbe: DoctorProbe = {
  name: 'roles',
  async *run({ config: { engines }, isOffline, ...deadline }) {
    const { examineRole, listRoles } = await import('./examine-role.ts');
    let clip: SpokenClip | undefined;
    for (const role of listRoles(engines)) {
      const { group, engine } = role;
      if (!('baseUrl' in engine)) {
        yield `${group}: the local engine needs no server`;
        // The stand-in for a chat model is no model.
        if (group !== 'CHAT_COMPLETION')
          yield await tryProbe(runtimeProbe, undefined, deadline);
        continue;
      }
      yield formatRoleTitle(role, engine);
      if (isOffline) continue;
      const examined = await examineRole(role, deadline, clip);
      clip ??= examined.clip;
      yield* examined.findings;
    }
    const { findModelEndings } = await import('#src/provider/models/model-endings.ts');
    const signal = isOffline
      ? AbortSignal.abort()
      : AbortSignal.timeout(deadline.deadlineMs);
    const endings = await findModelEndings(
      listModelsInUse(engines),
      deadline.clock.wallMs(),
      signal,
    );
    yield* endings.map(({ why, mend }) => toDifferingFinding('model', why, mend));
  },
};

const runtimeProbe = {
  name: 'runtime',
  mend: 'run npm ci again on this machine',
  run: () =>
    loadRuntime().then(() =>
      toOkFinding(
        'runtime',
        findWasmRuntime()
          ? 'ONNX Runtime loads, as its WebAssembly build, which is slower than its library'
          : 'ONNX Runtime loads',
      ),
    ),
};

function formatRoleTitle(
  { engine, group }: ConfiguredRole,
  { apiKey, baseUrl }: RemoteServer,
) {
  const name =
    baseUrl === '' && 'backend' in engine ? engine.backend : formatServerName(baseUrl);
  return `${group}: ${name}, ${apiKey ? 'key set' : 'no key set'}`;
}
