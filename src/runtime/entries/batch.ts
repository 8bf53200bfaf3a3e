import type { EventHandler } from 'h3'
import { batch } from './server-context'

export default batch satisfies EventHandler
