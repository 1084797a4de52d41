#pragma once
#include <spng.h>
#include <webp/decode.h>
#include "jpeg.h"
