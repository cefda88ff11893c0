import { z } from 'zod';
import { createRefusal } from '#src/web/api/api-refusal.ts';
import { type ApiCall, type ApiRoute, defineRoute } from '#src/web/api/route.ts';

/** Answers as the server of the token is answered. */
const ownModel = 'parley';

/** `GET /v1/models`: lists the models that a program may name. */
export const listModels: ApiRoute = defineRoute({
  method: 'get',
  path: '/v1/models',
  scope: 'chat',
  summary: 'Lists the models that a request may name.',
  run: async (call) => ({ object: 'list', data: listCallModels(call) }),
});

/** `GET /v1/models/{model}`: describes one model. */
export const retrieveModel: ApiRoute = defineRoute({
  method: 'get',
  path: '/v1/models/{model}',
  scope: 'chat',
  summary: 'Describes one model.',
  params: z.object({ model: z.string() }),
  async run(call) {
    const { model: id } = call.params;
    const model = listCallModels(call).find((listed) => listed.id === id);
    if (!model)
      throw createRefusal(404, 'model_not_found', `There is no model ${id}.`, 'model');
    return model;
  },
});

function listCallModels({
  guildId,
  ports,
  token,
}: Pick<ApiCall<0, 0, 0>, 'guildId' | 'ports' | 'token'>) {
  return [ownModel, ...ports.features.programAnswers.listPipelines(guildId)].map(
    (id) => ({
      id,
      object: 'model',
      created: Math.floor(token.createdAtWallMs / 1_000),
      owned_by: 'parley',
    }),
  );
}
