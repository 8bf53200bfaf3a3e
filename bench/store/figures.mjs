/** Figures of a measurement. They count once the answers of their phase have been found right. */
export function createFigures(write) {
  let pending = []
  return {
    add(name, value, more) {
      pending.push({ case: name, value, ...more })
    },
    confirm() {
      pending.forEach(write)
      pending = []
    },
  }
}

/** For warming up. */
export const noFigures = createFigures(() => undefined)
