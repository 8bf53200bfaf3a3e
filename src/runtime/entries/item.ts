import type { EventHandler } from 'h3'
import { rest } from './server-context'

export default rest.item satisfies EventHandler
