import { parentPort } from 'node:worker_threads';
import { toErrorReport } from '../../shared/app-error';
import { profileGraph } from './graph-profile';
import type { NetworkOutput } from './network';
import { OrtNetwork } from './ort-network';
import type { FromWorker, ToWorker } from './worker-network';

/**
 * A thread that runs one network: ONNX Runtime's binding computes on the thread that calls it, and the host's own has to
 * stay free for thumbnails, cancelling and progress.
 */
let network: OrtNetwork | null = null;

const port = parentPort;
if (port === null) throw new Error('This file is run as a worker thread.');
port.on('message', (message: ToWorker) => {
  void answer(message).then(([reply, transfer]) => {
    port.postMessage(reply, transfer);
    if (message.t === 'release') port.close();
  });
});

async function answer(message: ToWorker): Promise<[FromWorker, ArrayBuffer[]]> {
  try {
    switch (message.t) {
      case 'open':
        network = await OrtNetwork.open(message.model, message.options);
        return [{ t: 'opened', precision: network.precision }, []];
      case 'run': {
        if (network === null) throw new Error('No network is open.');
        const { output, data } = await network.run(message.data, message.width, message.height);
        return [{ t: 'output', output, data }, [bufferOf(data), ...buffersOf(output)]];
      }
      case 'profile':
        return [{ t: 'profiled', kernels: await profileGraph(message.order) }, []];
      case 'release':
        await network?.release();
        return [{ t: 'done' }, []];
    }
  } catch (error) {
    return [{ t: 'error', error: toErrorReport(error) }, []];
  }
}

function buffersOf(output: NetworkOutput): ArrayBuffer[] {
  const data = output.kind === 'logits' ? output.logits.data : output.ids.data;
  return ArrayBuffer.isView(data) ? [bufferOf(data)] : [];
}

function bufferOf(view: ArrayBufferView): ArrayBuffer {
  if (view.buffer instanceof ArrayBuffer) return view.buffer;
  throw new Error('Shared memory is not handed over.');
}
