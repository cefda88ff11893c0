import { expect, test } from 'vitest';
import { judgeAccess, type Visitor } from '#src/people/access.ts';

const open = { blockedIds: [], userRoleIds: [] };
const ben: Visitor = { id: 'ben', roleIds: ['guests'], mayManage: false };

test('where a server sets neither roles nor blocked people, everybody may use the bot', () => {
  expect(judgeAccess(open, ben)).toBe('open');
});

test('where roles are set, one of them is needed, but not by who manages the server', () => {
  const rules = { ...open, userRoleIds: ['members', 'staff'] };
  expect(judgeAccess(rules, ben)).toBe('no-role');
  expect(judgeAccess(rules, { ...ben, roleIds: ['guests', 'staff'] })).toBe('open');
  expect(judgeAccess(rules, { ...ben, mayManage: true })).toBe('open');
});

test('a blocked person may not use it, whatever their roles and rights', () => {
  const rules = { blockedIds: ['ben'], userRoleIds: ['guests'] };
  expect(judgeAccess(rules, ben)).toBe('blocked');
  expect(judgeAccess(rules, { ...ben, mayManage: true })).toBe('blocked');
});
