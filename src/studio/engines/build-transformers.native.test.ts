import { describe } from 'vitest';
import { buildsFixturesOf } from './testing/fixture-builds';

describe('exports of the transformers library are built by TensorRT for RTX', () => {
  buildsFixturesOf('transformers');
});
