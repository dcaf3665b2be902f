import { describe } from 'vitest';
import { buildsFixturesOf } from './testing/fixture-builds';

describe('exports of the original code are built by TensorRT for RTX', () => {
  buildsFixturesOf('original');
});
