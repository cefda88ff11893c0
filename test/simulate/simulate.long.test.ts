import { testFailingCalls, testSeeds } from './seed-tests.ts';

testSeeds(21, 80);
testFailingCalls([2, 3]);
