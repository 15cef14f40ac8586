import { useCallback, useEffect, useRef } from 'react';

type Step = <Value>(step: Promise<Value>, then: (value: Value) => void, failed: (thrown: unknown) => void) => void;

/** Awaits a step of a screen. Its result is dropped once the screen is gone or another step has begun. */
export function useLastStep(): Step {
  const last = useRef(0);
  useEffect(
    () => () => {
      last.current++;
    },
    [],
  );
  return useCallback<Step>((step, then, failed) => {
    const turn = ++last.current;
    step.then(
      value => turn === last.current && then(value),
      (thrown: unknown) => turn === last.current && failed(thrown),
    );
  }, []);
}
