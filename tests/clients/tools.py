"""All tools of .ci/clients."""

import long
import short

TOOLS = short.TOOLS + long.TOOLS
